"""How a request moves on when answers come: pure. It ends once; later answers and control changes make report versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from gateway.domain.control import Control


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one request is. `awaiting` counts query tasks without an outcome."""

    request_id: str
    awaiting: int
    ended_at: datetime | None
    report_version: int
    event_seq: int


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a request: a task answered (first or late), a control changed, or its term was warned of."""

    kind: Literal["task", "late_task", "control", "warning"]
    data: Mapping[str, object]
    #: task id or control id
    of: str


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the request's stream (interface.md §1, events)."""

    seq: int
    kind: Literal["task", "report", "control", "release_proposal", "difference", "ended"]
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Moved:
    """What follows from what happened: the new progress, its events, and the report version each thing first shows in."""

    progress: Progress
    events: tuple[StreamEvent, ...]
    versions: tuple[tuple[int, str], ...]
    shown_in: Mapping[str, int]


def told_of(control_id: str, control: Control, case_no: str) -> dict[str, object]:
    """Return what an event tells of a control; of one that was converted also the case, which is not that of its request."""
    told: dict[str, object] = {"control_id": control_id, "state": control.state, "pending": control.pending}
    return told | ({"case_no": case_no} if control.original_case_no else {})


def advance(progress: Progress, happened: Sequence[Happened], now: datetime) -> Moved:
    """Apply what happened, in order.

    Shape: version 1 when the last awaited task is answered; one more for every late answer or control change after that.
           Before the end a change is part of the live view and first shows in version 1. A warning changes no report.
    """
    events: list[StreamEvent] = []
    versions: list[tuple[int, str]] = []
    shown_in: dict[str, int] = {}

    def emit(kind: Literal["task", "report", "control", "ended"], data: Mapping[str, object]) -> None:
        nonlocal progress
        progress = replace(progress, event_seq=progress.event_seq + 1)
        events.append(StreamEvent(progress.event_seq, kind, data))

    def new_version(cause: str) -> None:
        nonlocal progress
        progress = replace(progress, report_version=progress.report_version + 1)
        versions.append((progress.report_version, cause))
        emit("report", {"version": progress.report_version})

    for one in happened:
        emit("control" if one.kind in {"control", "warning"} else "task", one.data)
        if one.kind == "task":
            progress = replace(progress, awaiting=progress.awaiting - 1)
        if progress.ended_at is not None and one.kind != "warning":
            new_version("late_answer" if one.kind == "late_task" else "control")
        shown_in[one.of] = max(1, progress.report_version)
        if progress.awaiting == 0 and progress.ended_at is None:
            progress = replace(progress, ended_at=now)
            new_version("ended")
            emit("ended", {})
    return Moved(progress, tuple(events), tuple(versions), shown_in)


def proposed(progress: Progress, announced: Sequence[Mapping[str, object]]) -> Moved:
    """Tell of proposals that were announced, and make the one report version in which they and what was withdrawn show.

    Shape: before the end there is no version yet: the live view, version 0, is told to have changed
    """
    version = progress.report_version + 1 if progress.ended_at is not None else 0
    told: list[tuple[Literal["release_proposal", "report"], Mapping[str, object]]] = [("release_proposal", one) for one in announced]
    told.append(("report", {"version": version}))
    events = tuple(StreamEvent(progress.event_seq + number, kind, data) for number, (kind, data) in enumerate(told, start=1))
    after = replace(progress, event_seq=progress.event_seq + len(events), report_version=version or progress.report_version)
    return Moved(after, events, ((version, "release_proposal"),) if version else (), {progress.request_id: max(1, version)})
