"""One request's lines of a feedback or receipt file become one answer. Pure; a code not in these tables means nothing.

Source: domain.md §6.1; golden pairs in examples.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from contracts.assets.securities import SecurityRecord
from contracts.control import ControlAnswer, ControlState, Measure, PriorityRight, PriorMeasure
from contracts.messages import FoundAsset
from services.runtime import port
from services.securities import agency_api as wire

_REASONS = {
    "1001": "document_missing", "1002": "document_mismatch", "1003": "credential_missing", "1004": "identity_mismatch",
    "1005": "identity_incomplete", "1006": "not_authorised", "2001": "asset_not_found", "2002": "asset_exempt",
    "2003": "no_original_measure", "2004": "term_over_cap", "2005": "already_expired", "2007": "quota_exceeded",
    "2008": "rejected_by_agency", "2009": "no_original_measure", "2010": "funds_account_missing",
}
_OK, _NOTHING, _UNSUPPORTED = "0000", "0001", "2006"
_STATES: Mapping[str, ControlState] = {
    "01": "in_force", "02": "waiting", "03": "partly_in_force", "04": "marked", "05": "released", "06": "expired",
    "07": "lapsed", "08": "deducted", "09": "transferred", "10": "reversed",
}
_STANDING: Mapping[str, Measure] = {"01": "freeze", "08": "freeze_and_deduct"}
_MARKETS = {"0": "shenzhen", "1": "shanghai", "2": "beijing"}
_NATURES = {"00": "tradable", "01": "restricted", "02": "bond", "03": "fund"}


def answer(read: Callable[[list[list[str]]], port.Answer], lines: list[list[str]]) -> port.Answer:
    """Read one request's lines; what is wrong with them stays with this request."""
    if not lines:
        return port.OutsideProtocol("the file has no line for this request")
    try:
        return read(lines)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        return port.OutsideProtocol("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in wrong))
    except ValueError as error:
        return port.OutsideProtocol(str(error))


def accepted(lines: list[list[str]]) -> port.Answer:
    """Read one request of a receipt. Raises: ValueError."""
    first, *more = lines
    if first[0] != "11" or more:
        raise ValueError("a receipt has one line 11 for a request")
    taken = wire.line(wire.TakenLine, first)
    return port.Accepted(taken.reference, wire.known(wire.digits, taken.ask_after_s))


def found(as_of: datetime, lines: list[list[str]]) -> port.Answer:
    """Read the result of one query. Raises: ValueError."""
    first, *more = lines
    if first[0] != "10":
        raise ValueError("the lines of a query begin with a line 10")
    result = wire.line(wire.ResultLine, first)
    if wire.digits(result.lines) != len(more) or (result.code == _OK) != bool(more):
        raise ValueError("the result does not agree with the number of its lines")
    if result.code in (_OK, _NOTHING):
        return port.Found(as_of, [asset.found() for asset in _assets(more)])
    return _declined(result.code, result.message)


def _declined(code: str, message: str) -> port.Answer:
    if code == _UNSUPPORTED:
        return port.Unsupported(message[:500])
    return port.Refused(wire.one_of(_REASONS, code, "result code"), message[:500])


@dataclass(slots=True)
class _Asset:
    """What the lines from one line 20 to the next say."""

    record: dict[str, object]
    pledges: list[dict[str, object]] = field(default_factory=list)
    marks: list[dict[str, object]] = field(default_factory=list)
    measures: list[PriorMeasure] = field(default_factory=list)
    rights: list[PriorityRight] = field(default_factory=list)

    def found(self) -> FoundAsset:
        """Return the asset, its record checked once."""
        record = {**self.record, "pledges": self.pledges, "marks": self.marks}
        SecurityRecord.model_validate(record)
        return FoundAsset(record=record, prior_measures=tuple(self.measures), priority_rights=tuple(self.rights))


def _assets(lines: list[list[str]]) -> list[_Asset]:
    assets: list[_Asset] = []
    for fields in lines:
        if fields[0] == "20":
            assets.append(_Asset(_record(wire.line(wire.HoldingLine, fields))))
        elif assets:
            _add(assets[-1], fields)
        else:
            raise ValueError("a line 20 is missing")
    return assets


def _add(asset: _Asset, fields: list[str]) -> None:
    match fields[0]:
        case "21":
            pledge = wire.line(wire.PledgeLine, fields)
            asset.pledges.append(_pledge(pledge))
            asset.rights.append(_right(pledge))
        case "22":
            asset.marks.append(_mark(wire.line(wire.MarkLine, fields)))
        case "23":
            asset.measures.append(_measure(wire.line(wire.FreezeLine, fields)))
        case _:
            raise ValueError(f"a query has no line {fields[0][:40]!r}")


def _record(own: wire.HoldingLine) -> dict[str, object]:
    return {
        "securities_account": own.account, "security_code": own.security, "security_name": own.security_name,
        "market": wire.one_of(_MARKETS, own.market, "market"), "holder_name": own.holder,
        "share_nature": wire.one_of(_NATURES, own.nature, "share nature"), "custody_unit": own.custody_unit or None,
        "quantity": wire.digits(own.quantity), "available_quantity": wire.digits(own.available),
        "frozen_quantity": wire.digits(own.frozen),
        "close_price_fen": wire.fen(own.close_price, 3) if own.close_price else None,
    }


def _pledge(own: wire.PledgeLine) -> dict[str, object]:
    return {"pledgee": own.pledgee, "quantity": wire.digits(own.quantity), "registered_on": _day(own.registered),
            "serial": own.serial or None}


def _right(own: wire.PledgeLine) -> PriorityRight:
    return PriorityRight(kind="pledge", holder=own.pledgee, amount_fen=wire.known(wire.fen, own.amount))


def _mark(own: wire.MarkLine) -> dict[str, object]:
    return {"authority": own.authority, "quantity": wire.digits(own.quantity), "from_on": _day(own.starts),
            "until_on": _day(own.ends)}


def _day(text: str) -> str | None:
    return wire.day(text).isoformat() if text else None


def _measure(own: wire.FreezeLine) -> PriorMeasure:
    return PriorMeasure(
        kind=wire.one_of(_STANDING, own.measure, "measure"), authority=own.authority,
        document_no=own.document_no or None, quantity=wire.known(wire.digits, own.quantity),
        amount_fen=wire.known(wire.fen, own.amount), rank=wire.known(wire.digits, own.rank),
        from_on=wire.known(wire.day, own.starts), until_on=wire.known(wire.day, own.ends),
        request_no=own.original_request_no or None)


def controlled(as_of: datetime, lines: list[list[str]]) -> port.Answer:
    """Read the result of one control step. Raises: ValueError."""
    first, *more = lines
    if first[0] != "30":
        raise ValueError("the lines of a control begin with a line 30")
    result = wire.line(wire.ControlLine, first)
    if wire.digits(result.lines) != len(more):
        raise ValueError("the result does not agree with the number of its lines")
    if result.code == _OK:
        return port.Controlled(as_of, _control(result, more))
    return _declined(result.code, result.message)


def _control(own: wire.ControlLine, more: list[list[str]]) -> ControlAnswer:
    measures = tuple(_measure(wire.line(wire.FreezeLine, fields)) for fields in more if fields[0] == "23")
    rights = tuple(_right(wire.line(wire.PledgeLine, fields)) for fields in more if fields[0] == "21")
    if len(measures) + len(rights) != len(more):
        raise ValueError("a control has lines 21 and 23 only")
    return ControlAnswer(
        state=wire.one_of(_STATES, own.state, "state"), actual_quantity=wire.known(wire.digits, own.quantity),
        marked_quantity=wire.known(wire.digits, own.marked), waiting_quantity=wire.known(wire.digits, own.waiting),
        actual_fen=wire.known(wire.fen, own.amount), unfunded_fen=wire.known(wire.fen, own.unfunded),
        deducted_fen=wire.known(wire.fen, own.deducted), rank=wire.known(wire.digits, own.rank),
        agency_control_no=own.freeze_serial or None, waiting_serial=own.waiting_serial or None,
        served_at=wire.known(wire.instant, own.served), effective_at=wire.known(wire.instant, own.effective),
        until_on=wire.known(wire.day, own.until), prior_measures=measures, priority_rights=rights,
        wire={"code": own.code, "state": own.state})
