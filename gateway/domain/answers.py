"""What a reply means for its task: an outcome, a postponement, or nothing. Pure; the aggregator does what this says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from contracts.agency import Agency
from contracts.control import ControlAnswer
from contracts.failures import AgencyProtocolError, IllegalTransition
from contracts.messages import FoundAsset, Reply, UnreadableItem
from contracts.registry import asset_type
from contracts.words import Message
from gateway.domain.control_events import AnswerOverdue, Event, Refused, event_of
from gateway.domain.deadlines import next_open
from gateway.domain.report_unread import as_read, each_once, oddities

#: What a query and what a control step may be answered with.
_QUERY_OUTCOMES = frozenset({"found", "none_found", "refused", "unsupported", "failed"})
_CONTROL_OUTCOMES = frozenset({"controlled", "refused", "unsupported", "failed"})

#: How long to wait before asking an agency how an acknowledged request stands, first and at most.
_FIRST_ASK = timedelta(seconds=1)
_LONGEST_ASK = timedelta(minutes=10)
_MANUAL_ASK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Meaning:
    """An outcome for the task with its code and detail, and the event for its control, where it has one."""

    outcome: str
    code: str | None
    detail: str | None
    assets: str | None = None
    unreadable: str | None = None
    unread: str | None = None
    #: what an operator and the agency are told of it: fields, codes and forms, never values
    oddities: Sequence[Mapping[str, str]] = ()
    event: Event | None = None
    alarm: bool = False


def meaning_of(reply: Reply, *, kind: str, action: str, is_control: bool) -> Meaning:
    """Read an `answered` reply; one that says what its task cannot be answered with has failed, nothing is guessed."""
    try:
        return _control_meaning(reply, kind, action) if is_control else _query_meaning(reply, kind)
    except (AgencyProtocolError, IllegalTransition) as error:
        detail = str(error)[:2000]
        return Meaning("failed", "protocol", detail, event=AnswerOverdue("protocol") if is_control else None, alarm=True)


def _query_meaning(reply: Reply, kind: str) -> Meaning:
    if reply.outcome not in _QUERY_OUTCOMES or reply.control is not None:
        raise AgencyProtocolError(f"a query cannot be answered with {reply.outcome}")
    if (reply.outcome == "found") != bool(reply.assets or reply.unreadable):
        raise AgencyProtocolError("found goes with assets, every other outcome without")
    read = each_once(asset_type(kind), {place: as_read(asset_type(kind), one, place) for place, one in zip(_places(reply), reply.assets or (), strict=False)})
    assets = [one for one in read if isinstance(one, FoundAsset)]
    unreadable = [*(one for one in read if isinstance(one, UnreadableItem)), *(reply.unreadable or ())]
    return Meaning(
        reply.outcome, _code_of(reply), reply.detail, assets=_json(assets), unreadable=_json(unreadable), unread=_json(reply.unread or ()),
        oddities=oddities([*assets, *unreadable], reply.unread or ()), alarm=reply.outcome == "failed")


def _places(reply: Reply) -> Iterator[int]:
    """Return the places of an answer at which its assets stand: those that no unreadable item has."""
    taken = {one.position for one in reply.unreadable or ()}
    return (place for place in count() if place not in taken)


def _json(told: Sequence[Message]) -> str | None:
    """Return what was told as a JSON list, null where it is nothing."""
    return f"[{','.join(one.model_dump_json(exclude_none=True) for one in told)}]" if told else None


def _control_meaning(reply: Reply, kind: str, action: str) -> Meaning:
    match reply.outcome:
        case "controlled" if reply.control is not None:
            _check_parts(kind, reply.control)
            return Meaning("controlled", None, None, event=event_of(reply.control, action))
        case "refused":
            return Meaning("refused", _code_of(reply), reply.detail, event=Refused(_code_of(reply) or "rejected_by_agency"))
        case "unsupported":
            return Meaning("unsupported", _code_of(reply), reply.detail, event=Refused("measure_unsupported"))
        case "failed":
            return Meaning("failed", _code_of(reply), reply.detail, event=AnswerOverdue(_code_of(reply) or "protocol"), alarm=True)
        case _:
            raise AgencyProtocolError(f"a control step cannot be answered with {reply.outcome}")


def _check_parts(kind: str, answer: ControlAnswer) -> None:
    """Refuse an answer about a part that its kind does not have, or about one part twice."""
    told = [one.part for one in answer.parts]
    if len(set(told)) < len(told) or not set(told) <= asset_type(kind).parts.keys():
        raise AgencyProtocolError(f"{kind} is not controlled in such parts: {', '.join(told)[:200]}")


def _code_of(reply: Reply) -> str | None:
    """Return the reply's code; a gap always says why."""
    return reply.code or {"refused": "rejected_by_agency", "unsupported": "no_capability", "failed": "protocol"}.get(reply.outcome or "")


def ask_again_at(reply: Reply, agency: Agency | None, attempts: int, now: datetime) -> datetime:
    """Return when a task that is acknowledged or deferred is asked again.

    Shape: when the reply says so; else sooner for a machine (1 s, doubling to 10 minutes) than for a person (30 minutes);
           an agency with office hours is asked inside them
    """
    manual = agency is not None and agency.mode == "manual"
    pause = _MANUAL_ASK if manual else min(_FIRST_ASK * 2 ** min(attempts, 12), _LONGEST_ASK)
    asked = max(now, reply.until) if reply.until else now + pause
    return next_open(asked, agency.office_hours if agency else None)
