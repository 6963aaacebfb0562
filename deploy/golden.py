"""Messages to show an outsider: the golden ones of the adapters' examples, the missing ones made from the directory. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.case import CaseReference, Officer
from contracts.control import ControlOrder
from contracts.documents import CommandDocument
from contracts.kafka.codec import Envelope, command_type
from contracts.messages import REPLY_TYPE, Command, Reply
from contracts.subject import Identity
from deploy import vectors
from services.runtime import port
from services.runtime.answers import deferred, evidence_of, to_reply

Headers = dict[str, str]

_AT, _DUE = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 25, 16, tzinfo=UTC)
_TASK, _REQUEST, _NUMBER = "01JD7XH6B0TASK000000000001", "01JD7XH6B0REQUEST000000001", "20261122445302000123"
_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_EVIDENCE = evidence_of(b"the agency's answer", 0.031)


@dataclass(frozen=True)
class Golden:
    """What the examples of one kind's adapter hold."""

    commands: Sequence[Command]
    answers: Sequence[port.Answer]


def golden(asset_type: str) -> Golden:
    """Return the commands and answers in `services/<asset_type>/examples.py`, whatever they are wrapped in."""
    folder = f"services.{asset_type}"
    if find_spec(folder) is None or find_spec(f"{folder}.examples") is None:
        return Golden((), ())
    public = [value for name, value in vars(import_module(f"{folder}.examples")).items() if not name.startswith("_")]
    leaves = list(_leaves(public))
    return Golden([one for one in leaves if isinstance(one, Command)],
                  [one for one in leaves if isinstance(one, port.Answer)])


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, Command | port.Answer):
        yield value
    elif isinstance(value, Mapping):
        yield from _leaves(tuple(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for one in value:
            yield from _leaves(one)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _leaves([getattr(value, field.name) for field in fields(value)])


def commands(kind: AssetType, agencies: Sequence[Agency], found: Golden) -> dict[str, Command]:
    """Return one command by message: query, control (if something was found to control), status."""
    mine = [one for one in agencies if one.asset_type == kind.code]
    query = next((one for one in found.commands if one.action == "query"), None) or _query(kind, mine[0].agency if mine else "an-agency")
    control = next((one for one in found.commands if _orders_a_whole_record(kind, one)), None) or _control(kind, query, found.answers)
    status = query.model_copy(update={"action": "status", "of_action": "query", "agency_ref": "SL77", "attempt": 2})
    return {"query": query, **({"control": control} if control else {}), "status": status}


def _orders_a_whole_record(kind: AssetType, command: Command) -> bool:
    """Tell whether it is a control command that shows the asset as it was found; examples may shorten it."""
    try:
        return command.control is not None and bool(kind.record.model_validate(command.control.asset))
    except ValidationError:
        return False


def _query(kind: AssetType, agency: str) -> Command:
    return Command(
        task_id=_TASK, request_id=_REQUEST, request_no=_NUMBER, agency=agency, asset_type=kind.code, action="query", answer_due_at=_DUE,
        case=CaseReference(case_no="（2026）粤5302执1234号", court_code="粤5302", court_name="云浮市云城区人民法院"),
        officer=Officer(name="李明", work_card_no="粤5302-0031", duty_card_no="44530200031", phone="0766-8830000"),
        documents=(CommandDocument(kind="assist_query_notice", document_no="（2026）粤5302执1234号之一"),),
        subject=Identity(kind="person", name="陈伟", id_type="resident_id", id_no="445302199001010013"))


def _control(kind: AssetType, query: Command, answers: Sequence[port.Answer]) -> Command | None:
    """Order the kind's first measure on the first asset an example found."""
    assets = [asset for one in answers if isinstance(one, port.Found) for asset in one.assets]
    if not assets:
        return None
    measure = kind.measures[0]
    needed = [requirement[0] for requirement in kind.documents[measure]]
    papers = tuple(CommandDocument(kind=name, document_no=f"（2026）粤5302执1234号之{number}") for number, name in zip("二三四五", needed, strict=False))
    order = ControlOrder(control_id="01JD7XH6B0CONTROL000000001", measure=measure, asset=assets[0].record, term_months=12,
                         amount_fen=5_000_000 if kind.counted_in == "amount_fen" else None)
    return query.model_copy(update={"action": measure, "documents": papers, "control": order})


def replies(kinds: Mapping[str, AssetType], of: Mapping[str, Golden]) -> dict[str, Reply]:
    """Return a reply `found` of every kind, and one of every other shape."""
    shown: dict[str, Reply] = {}
    for code in kinds:
        for answer in of[code].answers:
            reply = to_reply(f"{code.replace('_', '-')}-agency", _asked(), answer, _EVIDENCE, _AT)
            shown.setdefault(f"found.{code}" if reply.outcome == "found" else reply.outcome or reply.kind, reply)
    shown["deferred"] = deferred("an-agency", _TASK, "office_closed", "非工作时间", _DUE)
    return dict(sorted(shown.items()))


def _asked() -> port.Asked:
    return port.Asked(_TASK, _REQUEST, _NUMBER, "query")


def command_headers(command: Command) -> Headers:
    """Return the headers the relay gives a command, signed over the body as it is shown, written without white space."""
    return _headers(command, "gateway-example", Envelope(
        id="01JD7XH6B0MESSAGE000000001", type=command_type(command.action), source="/gateway", subject=command.task_id, time=_AT,
        correlation_id=command.request_id, expiry_time=command.answer_due_at, traceparent=_TRACE))


def reply_headers(reply: Reply) -> Headers:
    """Return the headers of a reply to the example command, signed likewise."""
    return _headers(reply, "agency-example", Envelope(
        id="01JD7XH6B0MESSAGE000000002", type=REPLY_TYPE, source=f"/adapters/{reply.agency}", subject=reply.task_id, time=_AT,
        correlation_id=_REQUEST, causation_id="01JD7XH6B0MESSAGE000000001", traceparent=_TRACE))


def _headers(message: Command | Reply, keyid: str, envelope: Envelope) -> Headers:
    body = json.dumps(message.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":")).encode()
    return vectors.signed(keyid, envelope.headers(), body)
