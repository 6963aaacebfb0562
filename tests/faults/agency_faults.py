"""Faults of agencies: down, slow, silent, talking rubbish, losing their answers (F9–F12)."""

import time
from collections.abc import Callable, Iterator

import psutil

from tests.faults import world
from tests.faults.checker import Violation
from tests.faults.trial import Field, Harm, Result


def f9(field: Field) -> Iterator[Result]:
    """Agencies that answer 500, abort connections, and are not there at all; later they are again."""

    def harm(one: Harm) -> None:
        one.ground.faults("icbc", {"kind": "error_500"})
        one.ground.faults("abc", {"kind": "reset"})
        one.ground.faults("cmb", {"kind": "error_500", "rate": 0.4}, {"kind": "reset", "rate": 0.4})
        one.ground.faults("csdc", {"kind": "reset", "rate": 0.5})
        one.ground.faults(world.NOT_IDEMPOTENT, {"kind": "error_500", "rate": 0.3}, {"kind": "reset", "rate": 0.3})
        one.load.until_share(0.6)
        one.ground.kill("mock-agencies")
        time.sleep(one.lasting(3, 600))
        one.ground.start("mock-agencies")
        one.load.until_share(1.0)
        one.done += 1

    yield field.trial("F9", "agencies answer 500, reset, are gone", field.town.mixed(30, 40), harm, rate_per_s=6)


def f10(field: Field) -> Iterator[Result]:
    """Agencies that take connections and say nothing, drip, or take long; the others are answered meanwhile."""

    def harm(one: Harm) -> None:
        one.ground.faults("icbc", {"kind": "never"})
        one.ground.faults("yunfu-vehicle-office", {"kind": "slow_drip"})
        one.ground.faults("boc", {"kind": "latency", "p50_ms": 4_000, "p99_ms": 8_000})
        one.ground.faults("cmb", {"kind": "late", "after_s": 5})
        one.load.until_share(1.0)
        time.sleep(one.lasting(4, 120))
        one.done += 1

    yield field.trial("F10", "agencies hang, drip, are slow", field.town.mixed(30, 40), harm, rate_per_s=6)


def f11(field: Field) -> Iterator[Result]:
    """Agencies that answer 100 MB: bounded memory, and the answer is taken once it can be."""

    def harm(one: Harm) -> None:
        most = 0.0
        one.ground.faults("icbc", {"kind": "oversized", "rate": 0.7})
        one.ground.faults("ccb", {"kind": "oversized", "rate": 0.7})
        while one.load.busy and one.load.share < 1.0:
            most = max(most, *(_rss_mb(one.ground.processes[name].pid) for name in one.ground.named("worker")))
            time.sleep(0.05)
        one.numbers["worker_most_mb"] = round(most)
        if most > world.MOST_RSS_MB:
            one.wrong("unbounded", f"a worker had {most:.0f} MB", "I7")
        one.done += 1

    banks = [bank for bank in world.BANKS if bank not in {"icbc", "ccb"}]
    result = field.trial("F11", "agencies answer 100 MB", [*field.town.queries(20), *field.town.freezes(15, banks)], harm, rate_per_s=6,
                         excused=_failed_at({"icbc", "ccb"}))
    yield _kept(field, result, {"icbc", "ccb"})


def f11_rubbish(field: Field) -> Iterator[Result]:
    """Agencies that answer half a body: failed, with what came kept as evidence, never found and never none found."""

    def harm(one: Harm) -> None:
        one.ground.faults("icbc", {"kind": "malformed"})
        one.ground.faults("csdc", {"kind": "malformed"})
        one.load.until_share(1.0)
        time.sleep(2)
        one.done += 1

    banks = [bank for bank in world.BANKS if bank != "icbc"]
    result = field.trial("F11", "agencies answer rubbish", [*field.town.queries(20), *field.town.freezes(15, banks)], harm, rate_per_s=6,
                         excused=_failed_at({"icbc", "csdc"}))
    yield _kept(field, result, {"icbc", "csdc"})


def _failed_at(agencies: set[str]) -> Callable[[Violation], bool]:
    """Return what excuses the gaps of agencies that did not answer in their own protocol."""
    return lambda one: one.kind == "lost" and any(one.what.endswith(f"has a gap at {agency}: failed") for agency in agencies)


def _kept(field: Field, result: Result, agencies: set[str]) -> Result:
    """Count the answers that are failed as they should be; each must have kept what came."""
    assert field.evidence is not None
    failed = [one for one in field.evidence.tasks if one["agency"] in agencies and one["outcome"] == "failed"]
    bare = sum(one["raw_sha256"] is None for one in failed)
    result.numbers |= {"failed_as_they_should": len(failed), "failed_without_evidence": bare}
    return result


def f12(field: Field) -> Iterator[Result]:
    """The freeze happens and its answer is lost, at banks that are idempotent and at one that is not."""

    def harm(one: Harm) -> None:
        for bank in world.BANKS:
            one.ground.faults(bank, {"kind": "lost_response", "rate": 0.4})
        one.load.until_share(1.0)
        time.sleep(2)
        one.done += 1

    yield field.trial("F12", "effects whose answer is lost", field.town.mixed(15, 60, at_cib=0.6), harm, rate_per_s=8)


def _rss_mb(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20
