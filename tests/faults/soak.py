"""`make soak`: load without end, and a kill, a pause or a cut every few seconds, until a million tasks were judged.

It goes on where it was interrupted: every round is judged by itself and its counts are kept. SOAK_TASKS changes how many.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults import by_hand, world
from tests.faults.evidence import ends, topics
from tests.faults.ground import ground
from tests.faults.run import folder_of_its_own
from tests.faults.subjects import Town
from tests.faults.trial import Field, Harm, Result

KEPT = Path(__file__).parent / "results" / "soak.json"
UNDER_WAY = Path(__file__).parent / "results" / "soak-under-way.json"
_REQUESTS, _SUBJECTS, _FREEZES = 120, 10, 60
#: A new installation after so many rounds, so that its growth between them can be told.
_ROUNDS_A_GROUND = 8


def main() -> int:
    """Go on until enough tasks were judged, and return 1 if anything was not as it must be."""
    wanted = int(os.environ.get("SOAK_TASKS", "1000000"))
    kept = _begun()
    print(f"seed {kept['seed']}; {kept['tasks']} of {wanted} tasks judged before", flush=True)
    while kept["tasks"] < wanted:
        with folder_of_its_own() as folder, ground(folder, world.PROCESSES) as made:
            town = Town(kept["seed"] + kept["rounds"])
            town.settle(made, 600)
            field = Field(made, town, kept["seed"], number=kept["rounds"])
            for _ in range(_ROUNDS_A_GROUND):
                if kept["tasks"] < wanted:
                    _add(kept, _round(field), field)
                    _show(kept, wanted)
    KEPT.write_text(json.dumps({**kept, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}, indent=1) + "\n", encoding="utf-8")
    UNDER_WAY.unlink()
    return 0 if not (kept["lost"] or kept["doubled"] or kept["mismatched"]) else 1


def _begun() -> dict[str, Any]:
    if UNDER_WAY.exists():
        return json.loads(UNDER_WAY.read_text(encoding="utf-8"))
    seed = int(os.environ.get("FAULTS_SEED") or time.time_ns() // 10**9 % 10**6)
    return {"seed": seed, "rounds": 0, "tasks": 0, "harms": 0, "lost": 0, "doubled": 0, "mismatched": 0, "longest_recovery_s": 0.0, "took_s": 0, "most_mb": {}, "violations": []}


def _round(field: Field) -> Result:
    orders = field.town.mixed(_REQUESTS, _FREEZES, subjects=_SUBJECTS)
    return field.trial("F33", f"soak, round {field.number + 1}", orders, _harm, rate_per_s=6)


def _harm(one: Harm) -> None:
    """Do something every few seconds for as long as the load runs."""
    since = dict(ends(one.ground.bootstrap))
    while one.load.busy and one.load.share < 1.0:
        one.soon(1, 4)
        one.rng.choice(_harms(one, since))()
        one.done += 1


def _harms(one: Harm, since: dict[tuple[str, int], int]) -> Sequence[Callable[[], None]]:
    made, rng = one.ground, one.rng
    ours = [name for name in made.plan if name != "mock-agencies"]

    def nap() -> None:
        asleep = rng.choice(ours)
        made.pause(asleep)
        time.sleep(rng.choice([1.0, world.SESSION_S + 2]))
        made.resume(asleep)

    def cut() -> None:
        link = rng.choice([*made.kafka.proxies.values(), *made.database.values()])
        rng.choice([link.cut, link.stall])()
        one.soon(0.5, 3)
        link.heal()

    def broker() -> None:
        made.kafka.kill()
        made.kafka.restart()

    def store() -> None:
        made.kill_postgres()
        made.restart_postgres()

    def agency() -> None:
        fault = rng.choice([{"kind": "lost_response", "rate": 0.3}, {"kind": "error_500", "rate": 0.5}, {"kind": "reset", "rate": 0.3}, {"kind": "latency", "p50_ms": 500, "p99_ms": 2_000}])
        made.faults(rng.choice(world.ASKED), fault)

    def repeat() -> None:
        by_hand.repeat(made.bootstrap, [name for name in topics(made.bootstrap) if name.startswith(("chakong.command.", world.REPLIES))], 1, since)

    return [*(lambda name=name: one.kill(name) for name in ours), nap, nap, cut, cut, cut, agency, agency, repeat, *([broker, store] if rng.random() < 0.3 else [])]


def _add(kept: dict[str, Any], result: Result, field: Field) -> None:
    assert field.evidence is not None
    kept["rounds"] += 1
    kept["harms"] += result.runs
    kept["took_s"] += round(result.recovery_s)
    kept["longest_recovery_s"] = max(kept["longest_recovery_s"], round(result.recovery_s, 1))
    for name in ("tasks", "lost", "doubled", "mismatched"):
        kept[name] += getattr(result, name)
    for name, (rss_mb, _) in field.evidence.processes.items():
        kept["most_mb"][name] = max(kept["most_mb"].get(name, 0), round(rss_mb))
    kept["violations"] = [*kept["violations"], *({"seed": result.seed, "what": one.what} for one in result.violations)][:50]
    UNDER_WAY.parent.mkdir(exist_ok=True)
    UNDER_WAY.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


def _show(kept: dict[str, Any], wanted: int) -> None:
    print(f"soak {100 * kept['tasks'] / wanted:.1f} %: {kept['tasks']} tasks in {kept['rounds']} rounds, {kept['harms']} harms, lost {kept['lost']}, "
          f"doubled {kept['doubled']}, mismatched {kept['mismatched']}, longest recovery {kept['longest_recovery_s']} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
