"""The judge is judged: violations planted in a real installation at rest, each of which it must name, and none besides."""

import asyncio
import copy
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.faults import by_hand, world
from tests.faults.checker import check, counted
from tests.faults.client_log import ClientLog, read_calls
from tests.faults.court import Load
from tests.faults.evidence import Evidence, accepted_requests, gather
from tests.faults.ground import Ground, ground
from tests.faults.subjects import Town
from tests.faults.trial import Field

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def rested(server_dir: Path) -> Iterator[Ground]:
    """An installation that has done some work and does nothing more: only its API and its agencies still run."""
    with ground(server_dir / "judged", world.FEW_PROCESSES) as made:
        town, log = Town(3), ClientLog(made.folder / "calls" / "log")
        town.settle(made, 60)
        Load(lambda: made.url, made.headers(), log, town.mixed(8, 12), "judged", rate_per_s=20).start().join()
        log.close()
        Field(made, town, 3).rests()
        for name in ("relay", "aggregator", "worker"):
            made.end(name)
        yield made


@pytest.fixture(scope="module")
def whole(rested: Ground) -> Evidence:
    """What there is to see before anything was planted."""
    return gathered(rested)


def gathered(made: Ground) -> Evidence:
    return gather(made, read_calls(made.folder / "calls" / "log"))


def said(made: Ground) -> set[tuple[str, str]]:
    return {(one.invariant, one.kind) for one in check(gathered(made))}


def execute(made: Ground, statement: str, *parameters: object) -> str:
    """Run one statement past every trigger, as who has the disk can."""

    async def run() -> str:
        connection = await asyncpg.connect(made.dsn)
        await connection.execute("SET session_replication_role = replica")
        try:
            return await connection.fetchval(statement, *parameters)
        finally:
            await connection.close()

    return asyncio.run(run())


def test_what_is_well_is_called_well(whole):
    found = whole
    assert check(found) == []
    assert len(found.tasks) > 100
    assert len(found.controls) == 12
    assert sum(len(one) for one in found.effects.values()) == 12
    assert len(found.messages) > 200
    assert all(found.truth.values())


def test_a_reply_that_was_dropped_is_missed(rested):
    request_id = accepted_requests(gathered(rested).calls)[0]
    task_id = execute(rested, "UPDATE tasks SET outcome = NULL WHERE task_id = (SELECT task_id FROM tasks WHERE request_id = $1 AND outcome = 'none_found' LIMIT 1) RETURNING task_id", request_id)
    try:
        assert ("I1", "lost") in said(rested)
        assert counted(check(gathered(rested)))["lost"] >= 1
    finally:
        execute(rested, "UPDATE tasks SET outcome = 'none_found' WHERE task_id = $1", task_id)


def test_an_effect_that_happened_twice_is_seen(rested):
    """The bank that is not idempotent takes the same order once more: written into its own ledger and read again at its start."""
    rested.end("mock-agencies")
    ledgers = [path for path in (rested.folder / "mock-agencies").rglob("*.jsonl") if b'"order"' in path.read_bytes()]
    lines = [(path, line) for path in ledgers for line in path.read_bytes().splitlines(keepends=True)]
    path, line = next(one for one in lines if json.loads(one[1]).get("agency") == world.NOT_IDEMPOTENT and "order" in json.loads(one[1]))
    before = path.read_bytes()
    try:
        path.write_bytes(before + line)
        rested.start("mock-agencies")
        rested.faults_end()
        assert ("I2", "doubled") in said(rested)
        assert counted(check(gathered(rested)))["doubled"] == 1
    finally:
        rested.end("mock-agencies")
        path.write_bytes(before)
        rested.start("mock-agencies")
        rested.faults_end()


@pytest.mark.parametrize(("table", "owner"), [("request_events", "request_id"), ("control_events", "control_id")])
def test_an_event_that_was_lost_is_missed(rested, table, owner):
    found = gathered(rested)
    whose = found.control_events[0]["control_id"] if owner == "control_id" else found.request_events[0]["request_id"]
    gone = execute(rested, f"WITH gone AS (DELETE FROM {table} WHERE {owner} = $1 AND seq = 2 RETURNING *) SELECT to_jsonb(gone)::text FROM gone", whose) or \
        execute(rested, f"WITH gone AS (DELETE FROM {table} WHERE {owner} = $1 AND seq = 1 RETURNING *) SELECT to_jsonb(gone)::text FROM gone", whose)
    try:
        assert ("I4", "lost") in said(rested)
    finally:
        execute(rested, f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, CAST($1 AS text)::jsonb) RETURNING seq", gone)


def test_an_answer_that_was_forged_in_the_store_is_seen_by_the_register_and_by_kafka(rested):
    task_id = execute(rested, "SELECT task_id FROM tasks WHERE outcome = 'found' AND control_id IS NULL AND request_id = ANY($1) ORDER BY task_id LIMIT 1",
                      accepted_requests(gathered(rested).calls))
    kept = execute(rested, "SELECT assets::text FROM tasks WHERE task_id = $1", task_id)
    execute(rested, "UPDATE tasks SET outcome = 'none_found', assets = NULL WHERE task_id = $1 RETURNING task_id", task_id)
    try:
        violations = check(gathered(rested))
        assert {(one.invariant, one.kind) for one in violations} == {("I3", "mismatched")}
        assert any("and no reply said so" in one.what for one in violations)
        assert any("beside and not" in one.what for one in violations)
    finally:
        execute(rested, "UPDATE tasks SET outcome = 'found', assets = CAST($2 AS text)::jsonb WHERE task_id = $1 RETURNING task_id", task_id, kept)


def test_a_row_of_audit_too_many_is_seen(rested):
    columns = "at, court_code, officer, roles, action, object, basis, decision, trace_id"
    seq = execute(rested, f"INSERT INTO audit ({columns}) SELECT {columns} FROM audit WHERE action = 'request.submit' ORDER BY seq DESC LIMIT 1 RETURNING seq")
    try:
        assert said(rested) == {("I5", "doubled")}
    finally:
        execute(rested, "DELETE FROM audit WHERE seq = $1", seq)


def test_an_entry_of_audit_about_nothing_is_seen(rested):
    seq = execute(rested, "INSERT INTO audit (at, court_code, officer, roles, action, object, decision, trace_id) "
                          "VALUES (now(), '粤5302', 'x', 'judge', 'control.order', '01NEVER', 'accepted', 'x') RETURNING seq")
    try:
        assert said(rested) == {("I5", "doubled")}
    finally:
        execute(rested, "DELETE FROM audit WHERE seq = $1", seq)


def test_what_was_taken_back_is_called_well_again(rested):
    assert check(gathered(rested)) == []


def test_a_reply_nobody_reads_is_seen(rested):
    """The aggregator is gone: its group has no member, and the reply stays unread. Once somebody reads, it is foreign and filed."""
    by_hand.reply(rested.bootstrap, world.REPLIES, {"task_id": "01NOBODY-00000", "agency": "icbc", "kind": "answered", "outcome": "none_found"}, "01NOBODY")
    rested.start("aggregator")
    wanted = ("I3", "mismatched") if not world.SIGNED else None
    rested.until(lambda: not wanted or wanted in said(rested), 60, 1)
    rested.end("aggregator")
    assert wanted is None or wanted in said(rested)


@pytest.mark.parametrize(("planted", "invariant", "kind"), [
    (lambda found: found.controls.pop(), "I1", "lost"),
    (lambda found: found.keys.pop(next(number for number, row in enumerate(found.keys) if row["key"] in found.calls)), "I8", "lost"),
    (lambda found: next(iter(found.calls.values())).accepted.append({"request_id": "01OTHER", "tasks": 0}), "I8", "doubled"),
    (lambda found: found.all_requests.append("01NEVER"), "I1", "doubled"),
    (lambda found: found.effects["icbc"].append({"request_no": "nobody's", "action": "freeze", "key": "x", "state": "in_force"}), "I2", "doubled"),
    (lambda found: found.controls[0].update(in_doubt=True), "I2", "lost"),
    (lambda found: found.controls[0].update(state="waiting"), "I3", "mismatched"),
    (lambda found: [effects.clear() for effects in found.effects.values()], "I2", "lost"),
    (lambda found: found.reports.popitem(), "I3", "lost"),
    (lambda found: next(iter(found.streams.values())).pop(), "I4", "lost"),
    (lambda found: found.control_events[1].update(before="released"), "I4", "mismatched"),
    (lambda found: found.audit.pop(next(number for number, row in enumerate(found.audit) if row["object"] in found.reports)), "I5", "lost"),
    (lambda found: found.rest.update(open_tasks=1), "I6", "lost"),
    (lambda found: found.lag.update({"group topic/0": 3}), "I6", "lost"),
    (lambda found: found.processes.update(api=(world.MOST_RSS_MB + 1.0, 10)), "I7", "unbounded"),
    (lambda found: found.ended_unasked.update(aggregator=1), "I7", "ended"),
])
def test_each_planted_violation_is_named(whole, planted, invariant, kind):
    found = copy.deepcopy(whole)
    planted(found)
    assert (invariant, kind) in {(one.invariant, one.kind) for one in check(found)}


def test_the_judge_opens_nothing_and_knows_nothing_of_the_packages():
    source = (Path(__file__).parent / "checker.py").read_text()
    imported = [line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert not [name for name in imported if name.split(".")[0] in {"contracts", "gateway", "services", "deploy", "httpx", "asyncpg"}]
    assert dataclasses.is_dataclass(Evidence)
