"""What the results of one control mean: what became of the product, of its return account, and so of the measure. Pure.

A mixture of results that the tables do not have is outside the protocol: an alarm, never a guess. Source: domain.md §4.4, §6, §7.4
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Literal

from contracts.control import ControlAnswer, ControlPart, ControlState, PriorityRight, PriorMeasure
from contracts.failures import AgencyProtocolError
from services.runtime.port import Answer, Controlled, OutsideProtocol, Refused, Unsupported
from services.wealth_products import agency_api as wire
from services.wealth_products import codes

RightKind = Literal["mortgage", "pledge", "lien", "maximum_mortgage", "other"]

PARTS: Mapping[codes.PartCode, str] = {"2": "product", "1": "return_account"}
STANDINGS: Mapping[codes.StandingCode, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "7": "reversed",
}
RIGHTS: Mapping[str, RightKind] = {"1": "mortgage", "2": "pledge", "3": "lien", "4": "maximum_mortgage", "9": "other"}
#: None: the bank does not do this; it can take hold of no product registered elsewhere, and of no account at another bank.
REASONS: Mapping[str, str | None] = {
    "01": "document_missing", "02": "document_mismatch", "03": "credential_missing", "04": "identity_mismatch",
    "05": "identity_mismatch", "06": "identity_incomplete", "07": "not_authorised", "08": None, "09": "asset_not_found",
    "15": "no_original_measure", "16": "term_over_cap", "17": "already_expired", "18": "quota_exceeded",
    "19": "rejected_by_agency", "20": "no_original_measure", "22": "amount_missing", "23": None, "24": None,
}
#: What a measure is whose two parts stand apart.
_APART: Mapping[frozenset[ControlState], ControlState] = {
    frozenset({"in_force", "waiting"}): "partly_in_force",
    frozenset({"in_force", "released"}): "partly_in_force",  # a release was declined for one of them
}
#: The codes of a result that say what was done.
_CODES = ("measure", "done", "standing", "reason")
_WHOLE = "1"


def declined(reason: str, remark: object) -> Answer:
    """Read why a bank declines a whole request.

    Raises: ValueError if its list does not have the reason
    """
    if reason not in REASONS:
        raise ValueError("a reason that the document does not have")
    code, detail = REASONS[reason], _detail(reason, remark)
    return Unsupported(detail) if code is None else Refused(code, detail)


def controlled(item: wire.ControlAnswer) -> Answer:
    """Read what became of a control."""
    results = sorted(item.results, key=lambda one: list(PARTS).index(one.part))
    if all(one.standing is None for one in results):
        return _nothing_done(results)
    try:
        return Controlled(item.answered_at, _confirmed(results))
    except AgencyProtocolError as error:
        return OutsideProtocol(str(error))


def _nothing_done(results: Sequence[wire.ControlResult]) -> Answer:
    """Read that both parts were declined; it is a refusal if one of the reasons is more than that the bank does not do it."""
    reasons = [one.reason for one in results if one.reason is not None]
    code = next((ours for reason in reasons if (ours := REASONS[reason])), None)
    details = {_detail(reason, one.remark): None for reason, one in zip(reasons, results, strict=True)}
    return Unsupported("; ".join(details)) if code is None else Refused(code, "; ".join(details))


def _detail(reason: str, remark: object) -> str:
    return f"{reason} {remark}" if remark else reason


def _confirmed(results: Sequence[wire.ControlResult]) -> ControlAnswer:
    done = [one for one in results if one.standing is not None]
    parts = tuple(_part(one, released=_released(done)) for one in results)
    state = _state(parts)
    leading = [one for one, part in zip(results, parts, strict=True) if part.state == _leading(parts)]
    rank = _agreed(leading, "rank")
    return ControlAnswer(
        state=state, actual_fen=_sum(part.actual_fen for part in parts), unfunded_fen=_agreed(done, "over_limit"),
        rank=None if rank is None else int(rank), waiting_serial=_agreed(done, "waiting_no"), agency_control_no=_agreed(leading, "freeze_no"),
        served_at=_agreed(done, "served_at"), effective_at=_agreed(leading, "effective_at"), until_on=_agreed(leading, "until_on"),
        parts=parts, prior_measures=tuple(dict.fromkeys(chain.from_iterable(_measures(one.measures) for one in results))),
        priority_rights=tuple(dict.fromkeys(chain.from_iterable(_rights(one.rights) for one in results))), wire=_codes(results))


def _released(done: Sequence[wire.ControlResult]) -> bool:
    """Tell whether a release was done, so that what declines it still stands."""
    return any(one.measure in wire.RELEASES and one.standing == "3" for one in done)


def _part(result: wire.ControlResult, *, released: bool) -> ControlPart:
    name = PARTS[result.part]
    if result.standing is not None:
        return ControlPart(part=name, state=STANDINGS[result.standing], actual_fen=result.actual)
    assert result.reason is not None
    return ControlPart(
        part=name, state="in_force" if released else "refused", actual_fen=result.actual,
        code=REASONS[result.reason] or "measure_unsupported", detail=_detail(result.reason, result.remark))


def _state(parts: Sequence[ControlPart]) -> ControlState:
    """Return the state of the whole: what the parts that were taken say, in force only in part where one was declined.

    Raises: AgencyProtocolError
    """
    standing = frozenset(part.state for part in parts if part.state != "refused")
    if standing in _APART:
        return _APART[standing]
    if len(standing) != 1:
        raise AgencyProtocolError(f"the parts stand apart: {', '.join(sorted(standing))}")
    (state,) = standing
    return "partly_in_force" if state == "in_force" and any(part.state == "refused" for part in parts) else state


def _leading(parts: Sequence[ControlPart]) -> ControlState:
    """Return the state of the parts that rank and term are told of: of those in force, if there are any."""
    states = [part.state for part in parts if part.state != "refused"]
    return "in_force" if "in_force" in states else states[0]


def _agreed(results: Sequence[wire.ControlResult], name: str) -> Any:
    """Return what results say of the measure, which is one and the same; one may leave it out.

    Raises: AgencyProtocolError
    """
    said = {value for one in results if (value := getattr(one, name)) is not None}
    if len(said) > 1:
        raise AgencyProtocolError(f"{wire.ControlResult.model_fields[name].alias}: the parts say different things")
    return next(iter(said), None)


def _sum(amounts: Iterable[int | None]) -> int | None:
    known = [one for one in amounts if one is not None]
    return sum(known) if known else None


def _measures(said: Sequence[wire.Measure]) -> tuple[PriorMeasure, ...]:
    """Read what stands on a product; a freeze of the whole takes all of it, whatever amount is said beside it."""
    return tuple(PriorMeasure(
        kind="freeze", authority=one.authority, document_no=one.document_no, amount_fen=None if one.mode == _WHOLE else one.amount,
        rank=int(one.rank), from_on=one.from_on, until_on=one.until_on, request_no=one.request_no) for one in said)


def _rights(said: Sequence[wire.Right]) -> tuple[PriorityRight, ...]:
    """Read who is paid first."""
    return tuple(PriorityRight(kind=RIGHTS[one.kind], holder=one.holder, amount_fen=one.amount) for one in said)


def _codes(results: Sequence[wire.ControlResult]) -> dict[str, str]:
    """Keep the bank's codes, by part: `product.KZCS`."""
    return {f"{PARTS[one.part]}.{wire.ControlResult.model_fields[name].alias}": code
            for one in results for name in _CODES if (code := getattr(one, name)) is not None}
