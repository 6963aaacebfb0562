"""The judge: from evidence to violations of I1–I8. Every ratio is exactly one, or it is named here.

It imports nothing of the packages under test and opens nothing; what it compares was gathered from outside (evidence.py).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from tests.faults import world
from tests.faults.evidence import Evidence, accepted_controls, accepted_requests

Kind = Literal["lost", "doubled", "mismatched", "unbounded", "ended"]


@dataclass(frozen=True)
class Violation:
    """One thing that is not as it must be."""

    invariant: str
    kind: Kind
    what: str


def check(found: Evidence) -> list[Violation]:
    """Return every violation there is."""
    return [*_keys_converge(found), *_nothing_lost(found), *_effects_once(found), *_reports_are_true(found), *_answers_were_given(found),
            *_nothing_goes_back(found), *_streams_are_whole(found), *_audit_is_exact(found), *_everything_rests(found), *_is_bounded(found)]


def counted(violations: list[Violation]) -> dict[str, int]:
    """Return how much was lost, doubled and mismatched."""
    kinds = Counter(one.kind for one in violations)
    return {"lost": kinds["lost"], "doubled": kinds["doubled"], "mismatched": kinds["mismatched"] + kinds["unbounded"] + kinds["ended"]}


def _keys_converge(found: Evidence) -> Iterator[Violation]:
    """I8: a key has one answer, however often it was sent, and one row; a key nobody sent has none."""
    rows = Counter((row["path"], row["key"]) for row in found.keys)
    for key, call in found.calls.items():
        bodies = {json.dumps(_ids(body), sort_keys=True) for body in call.accepted}
        if len(bodies) > 1:
            yield Violation("I8", "doubled", f"{key} was accepted as {len(bodies)} different things")
        if call.accepted and call.refused:
            yield Violation("I8", "mismatched", f"{key} was accepted and refused {call.refused[0]}")
        if call.accepted and rows[call.path, key] != 1:
            yield Violation("I8", "lost", f"{key} was accepted and has {rows[call.path, key]} rows")
        if not call.accepted and call.refused and rows[call.path, key]:
            yield Violation("I8", "mismatched", f"{key} was refused {call.refused[0]} and yet has a row")
        if not call.settled:
            yield Violation("I8", "lost", f"{key} was sent {call.sent} times and has no outcome")


def _ids(body: dict[str, Any]) -> list[str]:
    return [str(body.get("request_id")), *(one["control_id"] for one in body.get("controls", ()))]


def _nothing_lost(found: Evidence) -> Iterator[Violation]:
    """I1: each accepted request is there, has every task it was accepted with, and each task and control has an end."""
    rows, tasks, controls = {one["request_id"]: one for one in found.requests}, defaultdict(list), {one["control_id"]: one for one in found.controls}
    for task in found.tasks:
        tasks[task["request_id"]].append(task)
    told = {body["request_id"]: body["tasks"] for call in found.calls.values() if call.path == world.SUBMIT for body in call.accepted}
    for request_id in accepted_requests(found.calls):
        row = rows.get(request_id)
        if row is None:
            yield Violation("I1", "lost", f"request {request_id} was accepted and is not there")
            continue
        queries = [one for one in tasks[request_id] if one["control_id"] is None]
        if len(queries) != told[request_id] or row["tasks"] != told[request_id]:
            yield Violation("I1", "lost", f"request {request_id} was accepted with {told[request_id]} tasks and has {len(queries)}")
        unanswered = sum(one["outcome"] is None for one in queries)
        if unanswered or not row["ended"] or row["awaiting"]:
            yield Violation("I1", "lost", f"request {request_id} has not ended: {unanswered} tasks without an outcome, {row['awaiting']} awaited")
    for control_id in accepted_controls(found.calls):
        one = controls.get(control_id)
        if one is None or one["pending"] is not None:
            yield Violation("I1", "lost", f"control {control_id} " + ("is not there" if one is None else f"still awaits its {one['pending']}"))
    known = _known_keys(found)
    for request_id in set(found.all_requests) - known:
        yield Violation("I1", "doubled", f"request {request_id} is there and no key was answered with it")


def _known_keys(found: Evidence) -> set[str]:
    """Return the requests that some key of the store was answered with."""
    return {str(json.loads(row["answer"]).get("request_id")) for row in found.keys if row["path"] == world.SUBMIT}


def _effects_once(found: Evidence) -> Iterator[Violation]:
    """I2: at most one effect a request number, exactly one where the control holds something, none that nobody ordered."""
    numbers = {task["request_no"] for task in found.tasks}
    ordered = set(found.all_controls.values())
    times: Counter[tuple[str, str]] = Counter()
    for agency, effects in found.effects.items():
        times.update((agency, one["request_no"]) for one in effects)
        for one in effects:
            if one["action"] == "freeze" and one["request_no"] not in ordered | numbers:
                yield Violation("I2", "doubled", f"{agency} froze by {one['request_no']}, which nobody ordered")
    for (agency, number), often in times.items():
        if often > 1:
            yield Violation("I2", "doubled", f"{agency} acted {often} times on {number}")
    for control in found.controls:
        often = times[control["agency"], control["request_no"]]
        if control["state"] in world.HOLDS and not often:
            yield Violation("I2", "lost", f"control {control['control_id']} is {control['state']} and {control['agency']} has done nothing")
        if control["state"] in world.HOLDS_NOT and often:
            yield Violation("I2", "mismatched", f"control {control['control_id']} is {control['state']} and {control['agency']} has acted")
        if control["in_doubt"]:
            yield Violation("I2", "lost", f"control {control['control_id']} is in doubt")


def _reports_are_true(found: Evidence) -> Iterator[Violation]:
    """I3: a report shows what the agencies' registers hold of its subjects, and of each control what the ledger says."""
    asked = {body["request_id"]: call.about for call in found.calls.values() if call.path == world.SUBMIT for body in call.accepted}
    for request_id, id_nos in asked.items():
        report = found.reports.get(request_id)
        if report is None:
            yield Violation("I3", "lost", f"request {request_id} has no report")
            continue
        gaps = {(subject["id_no"], gap["agency"], gap["outcome"]) for subject in report["subjects"] for section in subject["sections"] for gap in section["gaps"]}
        agencies = {one["agency"] for one in report["agencies"]}
        for subject in report["subjects"]:
            missed = {agency for id_no, agency, _ in gaps if id_no == subject["id_no"]}
            shown = {(source["agency"], section["asset_type"], _key(section["asset_type"], asset["record"]))
                     for section in subject["sections"] for asset in section["assets"] for source in asset["sources"]}
            held = {one for one in found.truth.get(subject["id_no"], set()) if one[0] in agencies and one[0] not in missed}
            if shown != held:
                yield Violation("I3", "mismatched", f"request {request_id} shows {sorted(shown - held)} beside and not {sorted(held - shown)}")
        if {one["id_no"] for one in report["subjects"]} != set(id_nos):
            yield Violation("I3", "mismatched", f"request {request_id} is about other subjects than were asked about")
        for _, agency, outcome in gaps:
            yield Violation("I3", "lost", f"request {request_id} has a gap at {agency}: {outcome}")
    yield from _controls_are_true(found)


def _key(asset_type: str, record: dict[str, Any]) -> str:
    return "/".join(str(record.get(name)) for name in world.KEYS[asset_type])


def _controls_are_true(found: Evidence) -> Iterator[Violation]:
    effects = {(agency, one["request_no"]): one for agency, some in found.effects.items() for one in some}
    for control in found.controls:
        effect = effects.get((control["agency"], control["request_no"]))
        if effect is None:
            continue
        key = _key("deposits", json.loads(control["record"]))
        if (effect["key"], effect["state"]) != (key, control["state"]):
            yield Violation("I3", "mismatched", f"control {control['control_id']} is {control['state']} on {key}, the agency has {effect['state']} on {effect['key']}")


def _answers_were_given(found: Evidence) -> Iterator[Violation]:
    """I3: an outcome stands because some reply on Kafka said so; nobody's contradiction is filed beside it."""
    tasks = {one["task_id"]: one for one in found.tasks if one["control_id"] is None}
    said: dict[str, set[str]] = defaultdict(set)
    for message in found.messages:
        if message.topic == world.REPLIES and isinstance(message.body, dict) and message.body.get("kind") == "answered":
            said[message.body["task_id"]].add(str(message.body.get("outcome")))
    mine = set(accepted_requests(found.calls))
    for task_id, task in tasks.items():
        if task["request_id"] in mine and found.kafka_whole and task["outcome"] not in {None, "overdue"} and task["outcome"] not in said[task_id]:
            yield Violation("I3", "mismatched", f"task {task_id} is {task['outcome']} and no reply said so: {sorted(said[task_id])}")
    for row in found.filed:
        if row["task_id"] in tasks or row["why"] == "foreign":
            yield Violation("I3", "mismatched", f"a reply to task {row['task_id']} was filed as {row['why']}")


def _nothing_goes_back(found: Evidence) -> Iterator[Violation]:
    """I4: sequences have no gap, a control's events follow on each other, a task ends once, a request after its last task."""
    yield from _in_step(found.control_events, "control_id")
    yield from _in_step(found.request_events, "request_id")
    by_control, by_request = defaultdict(list), defaultdict(list)
    for event in found.control_events:
        by_control[event["control_id"]].append(event)
    for event in found.request_events:
        by_request[event["request_id"]].append(event)
    for control_id, events in by_control.items():
        for before, after in pairwise(events):
            if before["after"] != after["before"]:
                yield Violation("I4", "mismatched", f"control {control_id} goes from {before['after']} on from {after['before']}")
    for control in found.controls:
        events = by_control[control["control_id"]]
        if not events or events[-1]["after"] != control["state"]:
            yield Violation("I4", "lost", f"control {control['control_id']} is {control['state']} after {[one['after'] for one in events]}")
    rows = {one["request_id"]: one for one in found.requests}
    for request_id in accepted_requests(found.calls):
        row = rows.get(request_id)
        if row is not None:
            yield from _ended_once(row, by_request[request_id])


def _in_step(events: list[dict[str, Any]], name: str) -> Iterator[Violation]:
    numbers = defaultdict(list)
    for event in events:
        numbers[event[name]].append(event["seq"])
    for owner, seqs in numbers.items():
        if seqs != list(range(seqs[0], seqs[0] + len(seqs))) or seqs[0] not in {0, 1}:
            yield Violation("I4", "lost", f"{name} {owner} has the events {seqs[:3]}…{seqs[-3:]}, {len(seqs)} of them")


def _ended_once(row: dict[str, Any], events: list[dict[str, Any]]) -> Iterator[Violation]:
    request_id, kinds = row["request_id"], [one["kind"] for one in events]
    of_tasks = Counter(json.loads(one["data"])["task_id"] for one in events if one["kind"] == "task")
    ended = [number for number, kind in enumerate(kinds) if kind == "ended"]
    if len(of_tasks) != row["tasks"]:
        yield Violation("I4", "lost", f"request {request_id} has {row['tasks']} tasks and events of {len(of_tasks)}")
    for task_id, often in of_tasks.items():
        if often != 1:
            yield Violation("I4", "doubled", f"task {task_id} ended {often} times")
    if len(ended) != 1 and row["ended"]:
        yield Violation("I4", "doubled" if ended else "lost", f"request {request_id} ended {len(ended)} times")
    if ended and "task" in kinds[ended[0]:]:
        yield Violation("I4", "mismatched", f"request {request_id} ended before its last task")
    if row["event_seq"] != len(events):
        yield Violation("I4", "lost", f"request {request_id} counts {row['event_seq']} events and has {len(events)}")


def _streams_are_whole(found: Evidence) -> Iterator[Violation]:
    """I4: what a court hears over its stream is what the store has, in order, to the end."""
    stored = defaultdict(list)
    for event in found.request_events:
        stored[event["request_id"]].append((event["kind"], json.loads(event["data"])))
    for request_id, heard in found.streams.items():
        known = stored[request_id]
        same = all(one[0] == two[0] and _agree(one[1], two[1]) for one, two in zip(heard, known, strict=False))
        if not same or len(heard) < 1 + max((number for number, (kind, _) in enumerate(known) if kind == "ended"), default=0):
            yield Violation("I4", "lost", f"request {request_id}: {len(heard)} events were heard of {len(known)}, {heard[-1:]}")


def _agree(heard: dict[str, Any], stored: dict[str, Any]) -> bool:
    """Tell whether what was heard says nothing else; the counts are told beside, and some of what is stored is not told."""
    return all(heard[name] == value for name, value in stored.items() if name in heard)


def _audit_is_exact(found: Evidence) -> Iterator[Violation]:
    """I5: one entry for each accepted write, none besides, numbers that rise."""
    entries = Counter((row["action"], row["object"]) for row in found.audit)
    wanted = [(world.AUDITED[world.SUBMIT], one) for one in accepted_requests(found.calls)]
    wanted += [(world.AUDITED[world.ORDER], one) for one in accepted_controls(found.calls)]
    for entry in wanted:
        if not entries[entry]:
            yield Violation("I5", "lost", f"{entry} is not in the audit trail")
    there = {(world.AUDITED[world.SUBMIT], one) for one in found.all_requests} | {(world.AUDITED[world.ORDER], one) for one in found.all_controls}
    for entry, often in entries.items():
        if often > 1 or entry not in there:
            yield Violation("I5", "doubled", f"{entry} is {often} times in the audit trail" + ("" if entry in there else " and happened never"))
    numbers = [row["seq"] for row in found.audit]
    if numbers != sorted(set(numbers)):
        yield Violation("I5", "mismatched", "the numbers of the audit trail do not rise")


def _everything_rests(found: Evidence) -> Iterator[Violation]:
    """I6: nothing waits to be sent or heard, nobody is behind."""
    for name, count in found.rest.items():
        if count:
            yield Violation("I6", "lost", f"{count} {name}")
    for place, left in found.lag.items():
        yield Violation("I6", "lost", f"{place} is {left} behind")


def _is_bounded(found: Evidence) -> Iterator[Violation]:
    """I7: no process grows without end; none ended without having been told to."""
    for name, (rss_mb, files) in found.processes.items():
        if rss_mb > world.MOST_RSS_MB or files > world.MOST_FDS:
            yield Violation("I7", "unbounded", f"{name} has {rss_mb:.0f} MB and {files} open files")
    for name, status in found.ended_unasked.items():
        yield Violation("I7", "ended", f"{name} ended by itself with status {status}")
