"""One fault on one ground: load, harm, heal, wait for rest, gather, judge. A trial's seed repeats its load and its schedule of harm."""

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.faults import world
from tests.faults.checker import Violation, check, counted
from tests.faults.client_log import ClientLog, read_calls
from tests.faults.court import Load, Order
from tests.faults.evidence import Evidence, accepted_controls, ends, gather, lag, last_filed, rest
from tests.faults.ground import Ground
from tests.faults.subjects import Town


def full() -> bool:
    """Tell whether faults are to last as long as faults.md says."""
    return os.environ.get("FAULTS_FULL") == "1"


@dataclass
class Result:
    """What came of one fault."""

    id: str
    name: str
    seed: int
    runs: int
    tasks: int = 0
    lost: int = 0
    doubled: int = 0
    mismatched: int = 0
    recovery_s: float = 0.0
    numbers: dict[str, float] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not (self.lost or self.doubled or self.mismatched or self.late)

    @property
    def late(self) -> bool:
        """Tell whether it took longer to come to rest than it may."""
        return self.recovery_s > world.QUIET_WITHIN_S

    def shown(self) -> dict[str, Any]:
        return {**asdict(self), "recovery_s": round(self.recovery_s, 1), "violations": [asdict(one) for one in self.violations[:20]]}


@dataclass(frozen=True)
class Since:
    """Where a trial began: the ends of the partitions, and the last reply filed."""

    ends: dict[tuple[str, int], int]
    filed: int


@dataclass
class Field:
    """A ground with its town, on which one trial follows another."""

    ground: Ground
    town: Town
    seed: int
    number: int = 0
    #: how long a trial is waited for beyond what counts as in time, so that the next one finds a ground at rest
    patience_s: float = 240.0
    #: what the last trial was judged by
    evidence: Evidence | None = None

    def trial(self, fault: str, name: str, orders: Sequence[Order], harm: Callable[["Harm"], None], *,
              excused: Callable[[Violation], bool] = lambda _: False, **load: Any) -> Result:
        """Do harm while the orders are sent, and judge what came of it; `excused` is what the harm itself brings about."""
        self.number += 1
        seed, log = self.seed * 1000 + self.number, self.ground.folder / "calls" / f"{fault}-{self.number}-{time.time_ns()}"
        since = Since(ends(self.ground.bootstrap), last_filed(self.ground))
        calls = ClientLog(log)
        sending = Load(lambda: self.ground.url, self.ground.headers(), calls, orders, f"{fault}-{seed}-{time.time_ns()}", seed=seed, **load).start()
        harm_done = Harm(self.ground, sending, random.Random(seed), self.town)
        try:
            harm(harm_done)
        except BaseException:
            sending.stop()
            raise
        finally:
            self.ground.heal()
        sending.join()
        recovery_s = self.rests()
        calls.close()
        return self._judged(Result(fault, name, seed, max(1, harm_done.done), recovery_s=recovery_s), log, since, harm_done, excused)

    def rests(self) -> float:
        """Wait until nothing is under way and return how long that took, in seconds."""
        began_s = time.monotonic()
        while time.monotonic() - began_s < self.patience_s:
            try:
                if not any(rest(self.ground).values()) and not lag(self.ground.bootstrap):
                    break
            except Exception as error:  # noqa: BLE001 - whatever is not there yet is asked again
                last = error
                print("   not at rest:", type(last).__name__)
            time.sleep(0.3)
        return time.monotonic() - began_s

    def _judged(self, result: Result, log: Path, since: "Since", harm: "Harm", excused: Callable[[Violation], bool]) -> Result:
        ended = {**harm.ended_unasked, **self.ground.ended_unasked()}
        self.ground.until_ready()
        found = self.evidence = gather(self.ground, read_calls(log), since=since.ends if self.ground.kafka_whole else None, filed_after=since.filed)
        self.ground.kafka_whole = True
        found.ended_unasked = {one: status for one, status in ended.items() if one not in harm.may_end}
        violations = [*(one for one in check(found) if not excused(one)), *harm.violations]
        counts = {one: harm.numbers[one] for one in sorted(harm.numbers)}
        mine = set(accepted_controls(found.calls))
        received = [one["times_received"] for some in found.effects.values() for one in some if found.calls]
        counts |= {"acked": sum(bool(one.accepted) for one in found.calls.values()), "refused": sum(bool(one.refused) for one in found.calls.values()),
                   "unknown_then_sent_again": sum(one.unknown for one in found.calls.values()), "controls": len(mine),
                   "duplicates_absorbed": sum(received) - len(received), "sent_again": sum(max(0, one["attempts"] - 1) for one in found.tasks)}
        result.tasks = sum(one["control_id"] in mine or (one["control_id"] is None and one["request_id"] in found.reports) for one in found.tasks)
        result.numbers, result.violations = counts, violations
        for kind, count in counted(violations).items():
            setattr(result, kind, count)
        show(result)
        return result


def show(result: Result) -> None:
    """Print what came of a fault, with its seed."""
    print(f"{result.id:<4} {'ok  ' if result.passed else 'FAIL'} seed {result.seed}  {result.name}: runs {result.runs}, tasks {result.tasks}, lost {result.lost}, "
          f"doubled {result.doubled}, mismatched {result.mismatched}, at rest after {result.recovery_s:.1f} s; "
          + ", ".join(f"{name} {value:g}" for name, value in result.numbers.items()), flush=True)
    for one in result.violations[:8]:
        print(f"     {one.invariant} {one.kind}: {one.what}", flush=True)


@dataclass
class Harm:
    """What a fault has at hand: the ground, the load that runs, its own randomness; and what it counts."""

    ground: Ground
    load: Load
    rng: random.Random
    town: Town
    done: int = 0
    numbers: dict[str, float] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    ended_unasked: dict[str, int] = field(default_factory=dict)
    #: processes that the fault itself ends
    may_end: set[str] = field(default_factory=set)

    def soon(self, least_s: float = 0.2, most_s: float = 1.2) -> None:
        """Wait a moment that the seed decides."""
        time.sleep(self.rng.uniform(least_s, most_s))

    def times(self, shortened: int, stated: int) -> range:
        """Return how often to do it: as often as stated only with FAULTS_FULL."""
        return range(stated if full() else shortened)

    def lasting(self, shortened_s: float, stated_s: float) -> float:
        return stated_s if full() else shortened_s

    def kill(self, name: str, *, away_s: float = 0.0) -> None:
        """Kill a process and start it again; it is connected again when this returns."""
        self.ground.kill(name)
        time.sleep(away_s)
        self.ground.start(name)
        self.done += 1
        self.until_connected(name)

    def until_connected(self, name: str) -> None:
        """Wait until a process has connections of its own: what it needs to start is loaded."""
        self.ground.until(lambda: self._connected(name), 300)
        if name in self.ground.named("api"):
            self.ground.until_ready()

    def _connected(self, name: str) -> bool:
        process = self.ground.processes[name]
        if process.poll() is not None:
            self.ended_unasked |= self.ground.ended_unasked()
            return False
        return any(one.status == psutil.CONN_ESTABLISHED for one in psutil.Process(process.pid).net_connections("tcp")) or name == "mock-agencies"

    def wrong(self, kind: Any, what: str, invariant: str = "") -> None:
        """Note that the fault's own criterion is not met."""
        self.violations.append(Violation(invariant or "criterion", kind, what))


def slow_banks(ground: Ground, p50_ms: float = 400, p99_ms: float = 1_500) -> None:
    """Let banks take a while, so that a fault meets many calls under way."""
    for bank in world.BANKS:
        ground.faults(bank, {"kind": "latency", "p50_ms": p50_ms, "p99_ms": p99_ms})
