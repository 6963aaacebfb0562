"""A mesh whose banks are slow and would freeze twice, and a nemesis whose workers join, leave, pause and die; seeded."""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.controlling import Judge, assets_of, freeze
from tests.e2e.flood import BANKS, people
from tests.e2e.spread import SpreadMesh, spread_mesh
from tests.running import AGENCIES

#: One call takes at most so long before it is given up; the banks need about 1.5 s for each, and go on when their caller has gone.
TIMEOUT_S, ASK_S, GRACE_S = 4, 3, 12
#: Calls at once at one bank, from one worker: few, so that a short run still meets many of them under way.
PARALLEL = int(os.environ.get("CHAKONG_ONE_OWNER_PARALLEL") or 1)
SLOW = [{"kind": "latency", "p50_ms": 1_500, "p99_ms": 2_500}]
SETTINGS = {
    "CHAKONG_RESEND_AFTER_S": "5", "CHAKONG_DEFERRAL_S": "1", "CHAKONG_KAFKA_SESSION_TIMEOUT_MS": "6000",
    "CHAKONG_TURN_ASK_S": str(ASK_S), "CHAKONG_TURN_GRACE_S": str(GRACE_S), "CHAKONG_KAFKA_COMMIT_EVERY_S": "2", "CHAKONG_REVOKE_WITHIN_S": "2"}
#: Both spellings of a worker that freezes.
SPELLINGS = ("worker:deposits", "worker")
#: How long a worker is stopped: shorter than its session, longer, longer than what is left of its turns.
PAUSES_S = (2, 8, 14)
#: Accounts that a freeze may be ordered on, of one person.
_PEOPLE_A_REQUEST = 40
_ITEMS_A_CALL = 50


def banks_that_freeze_twice(path: Path) -> Path:
    """Write a directory in which every bank of the flood would do a step twice that it is asked for twice."""
    written = yaml.safe_load(AGENCIES.read_text(encoding="utf-8"))
    rows = [{**row, "timeout_s": TIMEOUT_S, **({"idempotent": False, "parallel_calls": PARALLEL} if row["agency"] in BANKS else {})} for row in written["agencies"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**written, "agencies": rows}, allow_unicode=True), encoding="utf-8")
    return path


@dataclass
class Nemesis:
    """Workers that come and go. What it did is counted by name."""

    mesh: SpreadMesh
    random: Random
    least: int = 1
    most: int = 3
    did: Counter[str] = field(default_factory=Counter)
    _numbers: int = 0
    _paused: dict[str, float] = field(default_factory=dict)

    def start(self, role: str | None = None) -> str:
        """Start one worker more, of either spelling."""
        self._numbers += 1
        name = f"worker-{self._numbers}"
        (self.mesh.folder / f"{name}.log").unlink(missing_ok=True)  # of an earlier run's worker of that name
        self.mesh.start(name, role or self.random.choice(SPELLINGS))
        self.did["joined"] += 1
        return name

    @property
    def workers(self) -> list[str]:
        return [name for name in self.mesh.parts if name.startswith("worker-")]

    def act(self, kinds: Sequence[str]) -> None:
        """Do one thing, and see to it that somebody works."""
        self._look()
        working = [name for name in self.workers if name not in self._paused and self._works(name)]
        kind = self.random.choice(kinds)
        if kind == "join" or len(working) <= self.least:
            if len(self.workers) < self.most:
                self.start()
        else:
            getattr(self, f"_{kind}")(self.random.choice(working))

    def _works(self, name: str) -> bool:
        """Tell whether a worker has begun to act; one that dies while it starts would show nothing."""
        return self.mesh.parts[name].log.stat().st_size > 0

    def _leave(self, name: str) -> None:
        self.mesh.parts[name].process.terminate()
        self._paused[name] = float("inf")
        self.did["left"] += 1

    def _kill(self, name: str) -> None:
        self.mesh.parts[name].process.kill()
        self.did["killed"] += 1

    def _pause(self, name: str) -> None:
        self._stop(name, self.random.choice(PAUSES_S))

    def _zombie(self, name: str) -> None:
        self._stop(name, PAUSES_S[-1])

    def _stop(self, name: str, seconds: float) -> None:
        """Stop one worker at a time: with all of them stopped in turn, no group would ever come to a share."""
        if any(until_s < float("inf") for until_s in self._paused.values()):
            return
        self.mesh.parts[name].process.send_signal(signal.SIGSTOP)
        self._paused[name] = time.monotonic() + seconds
        self.did[f"paused {seconds} s"] += 1

    def _look(self) -> None:
        """Wake whoever was stopped long enough, and forget whoever has ended."""
        for name, until_s in list(self._paused.items()):
            if time.monotonic() > until_s and name in self.mesh.parts:
                self.mesh.parts[name].process.send_signal(signal.SIGCONT)
                del self._paused[name]
        for name in self.workers:
            code = self.mesh.parts[name].process.poll()
            if code is not None:
                self.did["ended by the kernel"] += code == -signal.SIGALRM
                self._paused.pop(name, None)
                with self.mesh.parts.pop(name).process:
                    pass

    def end_all(self) -> None:
        """End every worker, stopped ones too."""
        for name in self.workers:
            self.mesh.parts[name].process.send_signal(signal.SIGCONT)
            self.mesh.end(name)

    def rest(self) -> None:
        """Wake everybody, and leave at least one at work."""
        self._paused = {name: 0.0 if until_s < float("inf") else until_s for name, until_s in self._paused.items()}
        self._look()
        if not [name for name in self.workers if name not in self._paused]:
            self.start()


@dataclass
class Proof:
    """Freezes at banks that would do them twice, and what came of them."""

    mesh: SpreadMesh
    judge: Judge
    first: int = 0
    controls: list[str] = field(default_factory=list)

    def accounts(self, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ask for people until so many of their accounts may be frozen; nothing is slow meanwhile."""
        found = 0
        while found < count:
            subjects = [{"kind": one.kind, "role": "debtor", "name": one.name, "id_type": one.id_type, "id_no": one.id_no}
                        for one in people(self.first, _PEOPLE_A_REQUEST)]
            self.first += _PEOPLE_A_REQUEST
            answer = self.judge.post("/v1/requests", {**self.judge.case(), "subjects": subjects, "agencies": BANKS})
            assert answer.status_code == 202, answer.text
            request_id = answer.json()["request_id"]
            self.judge.mesh.ended(request_id, 120)
            for account in assets_of(self.judge.report(request_id)):
                if found < count and (account["controllable_fen"] or 0) >= 100 and account["record"].get("account_class", "").startswith("personal"):
                    found += 1
                    yield request_id, account

    def slow(self, faults: Sequence[dict[str, Any]]) -> None:
        for bank in BANKS:
            self.judge.mesh.agencies.put(f"/admin/agencies/{bank}/faults", json={"faults": list(faults)}).raise_for_status()

    def freeze(self, accounts: Sequence[tuple[str, dict[str, Any]]], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Order a freeze on each."""
        by_request: dict[str, list[dict[str, Any]]] = {}
        for request_id, account in accounts:
            by_request.setdefault(request_id, []).append(freeze(account, 100))
        for request_id, items in by_request.items():
            for at in range(0, len(items), _ITEMS_A_CALL):
                self.controls += self.judge.ordered(request_id, *items[at:at + _ITEMS_A_CALL])
                meanwhile()

    def rows(self, statement: str) -> list[Any]:
        return asyncio.run(_rows(self.mesh.environment["DATABASE_URL"], statement))

    def open(self) -> int:
        """Return how many freezes nobody has answered."""
        (row,) = self.rows("SELECT count(*) AS open FROM tasks WHERE control_id IS NOT NULL AND outcome IS NULL")
        return int(row.open)

    def counts(self) -> dict[str, Any]:
        """Compare what was ordered with what the banks did."""
        effects = Counter(one["request_no"] for bank in BANKS for one in self.judge.mesh.effects(bank) if one["action"] == "freeze")
        ordered = self.rows("SELECT request_no, outcome, attempts FROM tasks WHERE action = 'freeze'")
        turns = self.rows("SELECT max(turn) AS most, count(*) FILTER (WHERE turn > 1) AS again, count(*) AS all FROM turns")[0]
        return {
            "freezes": len(ordered), "effects": sum(effects.values()), "doubled": sum(times > 1 for times in effects.values()),
            "not_ordered": len(effects.keys() - {one.request_no for one in ordered}), "lost": sum(effects[one.request_no] == 0 for one in ordered),
            "outcomes": dict(Counter(one.outcome for one in ordered)), "re_drives": sum(max(0, one.attempts - 1) for one in ordered),
            "turns_again": turns.again, "most_turns": turns.most}


async def _rows(url: str, statement: str) -> list[Any]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = list((await connection.execute(text(statement))).all())
    await engine.dispose()
    return found


@contextmanager
def slow_banks(folder: Path, kafka: str, database: str) -> Iterator[Proof]:
    """Start a mesh without a worker for the nemesis, and one that asks for the accounts first."""
    directory = banks_that_freeze_twice(folder / "agencies.yaml")
    with spread_mesh(folder, kafka, database, CHAKONG_AGENCIES=str(directory), **SETTINGS) as mesh:
        mesh.start("mock-agencies", "mock-agencies")
        mesh.start("api", "api", "relay", "aggregator", "schedule")
        mesh.until_says("mock-agencies", "mock-agencies")
        yield Proof(mesh, Judge(mesh.reached()))
        for part in mesh.parts.values():
            part.process.send_signal(signal.SIGCONT)


def told(what: str, seed: int, counts: dict[str, Any], did: Counter[str], took_s: float) -> None:
    print(f"\n{what}: seed {seed}, {json.dumps(counts)}, nemesis {dict(did)}, {took_s:.0f} s")


def number(name: str, default: int) -> int:
    """Return a number of the environment."""
    return int(os.environ.get(name) or default)
