"""What an agency says of our measures, compared with our controls: pure. Whatever differs becomes a row for a person, never an edit.

An agency is heard in two ways: how one request number stands (`by_status`), and which measures of our court it lists on an asset
(`by_list`). What it does not say, and what could not be read of it, differs from nothing. docs/reconciliation.md, docs/adr/0025.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from contracts.control import FINAL_STATES, ControlState, PriorMeasure
from contracts.failures import IllegalTransition
from contracts.messages import FoundAsset
from gateway.domain.control import HELD, LIVE, Control, units_held
from gateway.domain.control_events import (
    AfterStep,
    Confirmed,
    Deducted,
    Event,
    Holding,
    Lapsed,
    Marked,
    PartlyConfirmed,
    Refused,
    Released,
    Reversed,
    TermEnded,
    Transferred,
    Waiting,
)
from gateway.domain.status_answers import NEVER_RECEIVED, news

Kind = Literal["not_ours", "missing_there", "state", "amount", "term"]
KINDS: tuple[Kind, ...] = ("not_ours", "missing_there", "state", "amount", "term")
FoundBy = Literal["status", "query"]
#: What an event says of a measure, as the state it leaves it in.
_STATES: Mapping[type, ControlState] = {
    Confirmed: "in_force", PartlyConfirmed: "partly_in_force", Waiting: "waiting", Marked: "marked", Released: "released", TermEnded: "expired",
    Lapsed: "lapsed", Deducted: "deducted", Transferred: "transferred", Reversed: "reversed", Refused: "refused"}
#: Ends that are one to us: nothing is held any more. The other two moved property, which is something else.
_TAKEN = frozenset({"deducted", "transferred"})
_OURS = ("measure", "state", "rank", "requested_fen", "actual_fen", "actual_quantity", "until_on", "agency_control_no")
_THEIRS = ("rank", "actual_fen", "unfunded_fen", "actual_quantity", "deducted_fen", "until_on", "agency_control_no", "waiting_serial")
#: By what a difference that a person explained is known again; it is raised anew when this has changed.
_TELLING: Mapping[Kind, tuple[str, ...]] = {
    "not_ours": ("request_no", "document_no"), "missing_there": (), "state": ("state",), "amount": ("actual_fen", "actual_quantity"), "term": ("until_on",)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which an agency and we differ; `thing` says which, the same each time it is found. `ours` and `theirs` are JSON values."""

    kind: Kind
    thing: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    control_id: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A control of ours as it is compared; `counted_in` as contracts.asset_type, `changed_at`: when it changed last.

    `on_asset`: it is about the asset that is looked at, whatever its number
    """

    control_id: str
    agency: str
    request_no: str
    control: Control
    counted_in: str | None = None
    changed_at: datetime | None = None
    on_asset: bool = True

    def may_hold(self, asked_at: datetime) -> bool:
        """Tell whether the agency may rightly have had this measure when it was asked; what changed since may have stood then."""
        stands = self.control.state in LIVE or self.control.pending is not None
        return stands or (self.changed_at is not None and self.changed_at >= asked_at)


@dataclass(frozen=True, slots=True)
class Listed:
    """What an agency lists on one asset under our court's name; `complete`: all of the list was read."""

    agency: str
    measures: tuple[PriorMeasure, ...]
    complete: bool
    asked_at: datetime
    asset_id: str = ""


def listed(agency: str, asset: FoundAsset, court_name: str, asked_at: datetime) -> Listed:
    """Return what an asset of an answer says of measures of a court; a division of it (执行局) is the court."""
    wanted = _plain(court_name)
    own = tuple(one for one in asset.prior_measures if _plain(one.authority).startswith(wanted))
    return Listed(agency, own, not any(one.field.startswith("prior_measures") for one in asset.unread), asked_at)


def by_status(known: Known, event: Event | None) -> tuple[Difference, ...]:
    """Compare a control with what its agency says of its request number; nothing while a step of ours is under way.

    Shape: promotion, inflow, lapse and a release by another court follow from what happened: they are news, and no difference.
           A smaller amount or another end that no step of ours explains is none: the control stays as it was confirmed
    """
    control = known.control
    if event is None or control.pending is not None or isinstance(event, AfterStep):
        return ()
    if control.state in FINAL_STATES:
        return tuple(_after_its_end(known, event))
    if isinstance(event, Refused):
        return (_of_control("missing_there", known, {"state": None}),) if event.code == NEVER_RECEIVED else ()
    if isinstance(event, Holding) and _names_another(control, event):
        theirs = {"request_no": known.request_no, **_said(event)}
        return (Difference("not_ours", another(known.agency, known.request_no, 2), {"control_ids": [known.control_id]}, theirs),)
    if not follows(control, event):
        return (_of_control("state", known, _said(event)),)
    return tuple(_of_what_is_held(known, event)) if isinstance(event, Holding) else ()


def follows(control: Control, event: Event) -> bool:
    """Tell whether what an agency says can follow from how a control stands."""
    try:
        news(control, event)
    except IllegalTransition:
        return False
    return True


def _after_its_end(known: Known, event: Event) -> Iterator[Difference]:
    theirs = _STATES.get(type(event))
    ours = known.control.state
    if theirs is None or isinstance(event, Refused):
        return
    if theirs not in FINAL_STATES or (theirs in _TAKEN and ours != theirs) or (ours in _TAKEN and theirs not in _TAKEN):
        yield _of_control("state", known, _said(event))


def _of_what_is_held(known: Known, event: Holding) -> Iterator[Difference]:
    control = known.control
    if _STATES.get(type(event)) != control.state or control.state not in HELD:
        return
    if None not in (event.until_on, control.until_on) and event.until_on != control.until_on:
        yield _of_control("term", known, _said(event))
    if _holds_otherwise(known, event):
        yield _of_control("amount", known, _said(event))


def _names_another(control: Control, event: Holding) -> bool:
    """Tell whether the agency speaks of another measure under the same request number; one in waiting may be numbered anew when it takes effect."""
    number = event.agency_control_no or event.waiting_serial
    return control.state in HELD and None not in (number, control.agency_control_no) and number != control.agency_control_no


def _holds_otherwise(known: Known, event: Holding) -> bool:
    """Tell whether less is held than was confirmed, or more than was asked for; of a whole account any amount is right."""
    control = known.control
    if known.counted_in == "amount_fen" and control.requested_fen is not None:
        asked = control.requested_fen if control.remaining_fen is None else control.remaining_fen
        return _is_off(event.actual_fen, control.actual_fen, asked)
    if known.counted_in == "quantity" and control.state == "in_force":
        asked_units = control.requested_quantity if control.remaining_quantity is None else control.remaining_quantity
        return _is_off(event.actual_quantity, units_held(control), asked_units)
    return False


def _is_off(now: int | None, before: int | None, asked: int | None) -> bool:
    if now is None or before is None:
        return False
    return now < before or (asked is not None and before <= asked < now)


def by_list(about: Listed, known: Sequence[Known]) -> tuple[Difference, ...]:
    """Compare what an agency lists on an asset under our court's name with our controls: those of its numbers, and those on the asset.

    Shape: a number listed more often than controls hold it is a measure that nobody holds a control for; where the control of it has
           ended, the first is that control's, still held. A measure without a number is ours if a control on the asset is not listed by its own
    """
    found: list[Difference] = []
    by_number: dict[str, list[PriorMeasure]] = {}
    for one in sorted(about.measures, key=_order):
        by_number.setdefault(one.request_no or "", []).append(one)
    nameless = by_number.pop("", [])
    for number, measures in by_number.items():
        found += _by_number(about, number, measures, [one for one in known if one.request_no == number])
    unlisted = [one for one in known if one.on_asset and one.may_hold(about.asked_at) and one.request_no not in by_number]
    for ordinal, measure in enumerate(nameless[len(unlisted):] if about.complete else (), start=1):
        thing = f"{about.asset_id}/{measure.document_no or '-'}/{ordinal}"
        found.append(Difference("not_ours", thing, {"control_ids": []}, listed_as(measure)))
    return tuple(found)


def _by_number(about: Listed, number: str, measures: Sequence[PriorMeasure], holders: Sequence[Known]) -> Iterator[Difference]:
    held = [one for one in holders if one.may_hold(about.asked_at)]
    ended = next((one for one in holders if not one.may_hold(about.asked_at)), None)
    for ordinal, measure in enumerate(measures[len(held):], start=len(held) + 1):
        if ordinal == 1 and ended is not None:
            yield _of_control("state", ended, listed_as(measure))
        else:
            ours = {"control_ids": [one.control_id for one in holders]}
            yield Difference("not_ours", another(about.agency, number, ordinal), ours, listed_as(measure))


def another(agency: str, request_no: str, ordinal: int) -> str:
    """Return what a measure is known by that goes by a number of ours and that no control stands for; `ordinal`: the how many under it."""
    return f"{agency}/{request_no}/{ordinal}"


def is_known_again(kind: Kind, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether what is found now is what a person explained before."""
    return all(before.get(name) == now.get(name) for name in _TELLING[kind])


def listed_as(measure: PriorMeasure) -> dict[str, Any]:
    """Return a listed measure as JSON values; one behind another waits."""
    state = "in_force" if measure.rank in (None, 1) else "waiting"
    said = measure.model_dump(mode="json", exclude_none=True)
    return {"state": state, "measure": said.pop("kind"), **said}


def _of_control(kind: Kind, known: Known, theirs: Mapping[str, Any]) -> Difference:
    named = {"request_no": known.request_no} if known.request_no else {}
    return Difference(kind, known.control_id, _ours(known), {**named, **theirs}, known.control_id)


def _ours(known: Known) -> dict[str, Any]:
    said = known.control.model_dump(mode="json", exclude_none=True, include=set(_OURS))
    return {"request_no": known.request_no, **said}


def _said(event: Event | Holding) -> dict[str, Any]:
    said = {name: value for name in _THEIRS if (value := getattr(event, name, None)) is not None}
    return {"state": _STATES.get(type(event)), **{name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}}


def _order(measure: PriorMeasure) -> tuple[int, str, str]:
    return (measure.rank or 10**9, str(measure.from_on or "9"), measure.document_no or "")


def _plain(name: str) -> str:
    return "".join(name.split())
