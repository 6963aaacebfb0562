"""What an agency said, or did not say, as our reply. Pure; nothing is concluded from silence or from a string."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from pydantic import BaseModel

from contracts.agency import Agency
from contracts.bounds import MOST_RAW_BYTES, MOST_WAIT_S
from contracts.failures import (
    AgencyError,
    AgencyProtocolError,
    AgencyRefused,
    AgencyUnavailable,
    AgencyUnsupported,
    ChakongError,
    MalformedMessage,
)
from contracts.kafka.replies import read_reply
from contracts.messages import Reply
from contracts.raw import NOT_STORED, in_whole_characters
from contracts.telemetry import ALARMS
from services.runtime.port import (
    Accepted,
    Adapter,
    AgencyResponse,
    Answer,
    Asked,
    Controlled,
    Found,
    OutsideProtocol,
    Refused,
    Unsupported,
)

_log = structlog.get_logger()
_MOST_DETAIL_CHARS = 2_000
_MOST_TYPE_CHARS = 200


class NotCalled(AgencyUnavailable):
    """The agency is not called for a while, because it did not answer; `retry_after_s` says for how long, `since` since when."""

    def __init__(self, *, retry_after_s: float, since: datetime | None = None) -> None:
        """Keep both."""
        super().__init__("not asked for a while", retry_after_s=retry_after_s, code="suspended")
        self.since = since


@dataclass(frozen=True, slots=True)
class Evidence:
    """The body an answer was read from, its content type, its SHA-256 in hex, and how long the call took.

    `digest` is null for a body that was not read to its end: what is not known, is not proved
    """

    body: bytes
    digest: str | None
    elapsed_s: float | None = None
    media_type: str = ""

    def kept(self) -> dict[str, object]:
        """Return the fields of a reply that keep it byte by byte."""
        if not self.body and self.digest is None:
            return {}
        whole = {} if self.digest is None else {"raw_sha256": self.digest, "raw_size": len(self.body)}
        media_type = in_whole_characters(self.media_type)[:_MOST_TYPE_CHARS] or None
        return whole | {"raw_base64": b64encode(self.body[:MOST_RAW_BYTES]).decode(), "raw_media_type": media_type}


def evidence_of(body: bytes, elapsed_s: float | None = None, media_type: str = "") -> Evidence:
    """Return a whole body as evidence."""
    return Evidence(body, sha256(body).hexdigest(), elapsed_s, media_type)


def read_answers(adapter: Adapter, agency: Agency, asked: Sequence[Asked], response: AgencyResponse) -> Mapping[str, Answer]:
    """Read what an agency said; what its adapter cannot read for any reason is outside its protocol, and never a bug that ends something.

    Raises: AgencyProtocolError, AgencyUnavailable and what else an adapter may say
    """
    try:
        return adapter.to_answers(agency, asked, response)
    except ChakongError:
        raise
    except Exception as error:
        ALARMS.labels("adapter").inc()
        _log.exception("answer_not_read", agency=agency.agency, error=type(error).__name__, exc_info=False)
        raise AgencyProtocolError(f"not readable: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class Deferral:
    """How long until the gateway asks again: doubled with each attempt, in seconds."""

    first_s: float
    most_s: float

    def pause_s(self, attempt: int, error: AgencyUnavailable, jitter: float) -> float:
        """Return the pause; never shorter than the agency asked for, spread by `jitter` in [0, 1).

        Shape: an agency that is not called is asked when it may be called again, whatever the attempt, spread over as long again
        """
        grown_s = min(self.most_s, self.first_s * 2.0 ** min(attempt - 1, 30))
        asked_s = bounded_wait_s(error.retry_after_s or 0.0)
        return asked_s * (1 + jitter) if isinstance(error, NotCalled) else max(asked_s, grown_s) * (1 + jitter / 2)


def to_reply(agency: str, asked: Asked, answer: Answer, evidence: Evidence, now: datetime) -> Reply:
    """Return the reply an answer becomes.

    Shape: the raw answer is kept with what is outside the protocol
    """
    told = {"task_id": asked.task_id, "agency": agency, "elapsed_s": evidence.elapsed_s, "raw_sha256": evidence.digest}
    if isinstance(answer, OutsideProtocol):
        return _failed(told, answer.detail, evidence, now)
    try:
        reply = read_reply(_written({**told, "kind": "answered", **_said(answer, now)}))
    except (MalformedMessage, ValueError, TypeError, RecursionError, OverflowError) as error:
        why = str(error) if isinstance(error, MalformedMessage) else type(error).__name__
        return _failed(told, f"it cannot be kept: {why}", evidence, now)
    return reply if reply.outcome != "failed" else _failed(told, reply.detail or "", evidence, now)


def _failed(told: Mapping[str, object], detail: str, evidence: Evidence, now: datetime) -> Reply:
    return Reply.model_validate({**told, "kind": "answered", "outcome": "failed", "code": "protocol", "detail": _detail(detail), "as_of": now,
                                 **evidence.kept()})


def _said(answer: Answer, now: datetime) -> dict[str, object]:
    match answer:
        case Found():
            outcome = "found" if answer.assets or answer.unreadable else "none_found"
            return {"outcome": outcome, "as_of": answer.as_of, "assets": tuple(answer.assets) or None,
                    "unreadable": tuple(answer.unreadable) or None, "unread": tuple(answer.unread) or None}
        case Controlled():
            return {"outcome": "controlled", "as_of": answer.as_of, "control": answer.control}
        case Refused():
            return {"outcome": "refused", "code": answer.code, "detail": _detail(answer.detail), "as_of": now}
        case Unsupported():
            return {"outcome": "unsupported", "code": "no_capability", "detail": _detail(answer.detail), "as_of": now}
        case Accepted():
            until = None if answer.ask_after_s is None else now + timedelta(seconds=bounded_wait_s(answer.ask_after_s))
            return {"kind": "acknowledged", "agency_ref": answer.agency_ref, "until": until}
        case _:
            raise TypeError(type(answer).__name__)


def _written(told: Mapping[str, object]) -> bytes:
    """Write a reply; half a character and other things that JSON does not write are left to whoever reads it."""
    try:
        return Reply.model_validate(told).model_dump_json(exclude_none=True).encode()
    except ValueError:
        plain = {name: _plain(value) for name, value in told.items() if value is not None}
        return json.dumps(plain, default=str).encode()


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True, warnings=False)
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def bounded_wait_s(seconds: float) -> float:
    """Return how long an agency may have us wait, in seconds, whatever it says."""
    return min(MOST_WAIT_S, max(0.0, seconds)) if seconds == seconds else 0.0  # noqa: PLR0124 - NaN is not itself


def no_answer(agency: str, asked: Asked, error: AgencyError, *, evidence: Evidence, pause_s: float, now: datetime) -> Reply:
    """Return the reply to a call that gave no answer we can use.

    Units:   pause_s counts if asking again may help
    Raises:  the error itself, if it is none that an agency can cause
    """
    match error:
        case AgencyUnavailable():
            since = error.since if isinstance(error, NotCalled) else None
            return deferred(agency, asked.task_id, error.why, str(error), now + timedelta(seconds=pause_s), since=since)
        case AgencyProtocolError():
            kept = evidence if evidence.body or not error.raw else Evidence(error.raw, None, evidence.elapsed_s, error.media_type)
            return to_reply(agency, asked, OutsideProtocol(str(error)), kept, now)
        case AgencyUnsupported():
            outcome, code = "unsupported", "no_capability"
        case AgencyRefused():
            outcome, code = "refused", error.refusal_code
        case _:
            raise error
    return Reply.model_validate({"task_id": asked.task_id, "agency": agency, "kind": "answered", "outcome": outcome,
                                 "code": code, "detail": _detail(str(error)), "as_of": now})


def deferred(agency: str, task_id: str, code: str, detail: str, until: datetime, *, since: datetime | None = None) -> Reply:
    """Return the reply that asks the gateway to send the command again; `since` when the agency is not asked, if it was not."""
    return Reply(task_id=task_id, agency=agency, kind="deferred", code=code, detail=_detail(detail), until=until, as_of=since)


def fault(agency: str, task_id: str, detail: str, now: datetime) -> Reply:
    """Return the reply that says that we, and not the agency, are at fault."""
    return Reply(task_id=task_id, agency=agency, kind="answered", outcome="failed", code="fault", detail=_detail(detail),
                 as_of=now)


def _detail(text: str) -> str | None:
    return in_whole_characters(text[:_MOST_DETAIL_CHARS]).translate(NOT_STORED) or None
