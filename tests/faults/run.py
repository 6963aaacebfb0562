"""`make faults`: every fault of faults.md that one machine can do, each judged; the result as JSON and as the table of docs/faults.md.

FAULTS=F3,F6 picks, FAULTS_FULL=1 lasts as long as stated, FAULTS_SEED repeats a schedule.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults import (
    agency_faults,
    edge_faults,
    embedded_faults,
    isolation,
    message_faults,
    process_faults,
    server_faults,
    short_cut,
    world,
)
from tests.faults.checker import Violation
from tests.faults.ground import ground
from tests.faults.mutants import mutants
from tests.faults.subjects import Town
from tests.faults.trial import Field, Result, full, show

Fault = Callable[[Field], Iterator[Result]]
#: By id, in the order they are done. P1.5 is Part 1 no. 5 of the issue: messages that nobody signed.
FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "F1": (process_faults.f1,), "F2": (process_faults.f2,), "F3": (process_faults.f3,), "F4": (process_faults.f4,), "F5": (process_faults.f5,),
    "F6": (server_faults.f6,), "F7": (server_faults.f7,), "F9": (agency_faults.f9,), "F10": (agency_faults.f10,),
    "F11": (agency_faults.f11, agency_faults.f11_rubbish), "F12": (agency_faults.f12,), "F13": (message_faults.f13,), "F14": (message_faults.f14,),
    "F15": (message_faults.f15,), "F16": (process_faults.f16, short_cut.sleeper), "F17": (server_faults.f17,), "F18": (server_faults.f18,), "F20": (edge_faults.f20,),
    "F22": (process_faults.f22,), "F23": (edge_faults.f23,), "F24": (edge_faults.f24,), "F25": (edge_faults.f25,), "F27": (edge_faults.f27,),
    "F29": (edge_faults.f29,), "F32": (server_faults.f32,), "P1.5": (message_faults.forged,),
}
#: What has a ground of its own.
APART = ("F8", "F19", "F35", "isolation")
RESULTS = Path(__file__).parent / "results" / "latest.json"
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
_BEGIN, _END = "<!-- made by make faults -->", "<!-- to here -->"
#: PostgreSQL's own disk of F19: its cluster takes 40 MB, a segment of its log 16.
_DISK_MB = 160


def main() -> int:
    """Do the faults that are asked for and return 1 if one of them was not survived."""
    seed = int(os.environ.get("FAULTS_SEED") or time.time_ns() // 10**9 % 10**6)
    wanted = [one for one in os.environ.get("FAULTS", "").split(",") if one] or [*FAULTS, *APART]
    unknown = set(wanted) - {*FAULTS, *APART}
    assert not unknown, f"there are {', '.join([*FAULTS, *APART])}; not {unknown}"
    print(f"seed {seed}: FAULTS_SEED={seed} repeats it. Faults: {', '.join(wanted)}", flush=True)
    began_s, results = time.monotonic(), list(_on_one_ground(seed, [one for one in wanted if one in FAULTS]))
    results += _apart(seed, wanted)
    measured = isolation.measure(folder_of_its_own, seed) if "isolation" in wanted else None
    written = {"seed": seed, "command": _command(seed), "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": f"{os.cpu_count()} cores, {platform.machine()}",
               "full": full(), "took_s": round(time.monotonic() - began_s), "faults": together(results), "trials": [one.shown() for one in results]}
    if measured is not None:
        written["isolation"] = measured
    _write(written, whole=not os.environ.get("FAULTS"))
    print(table(written))
    print(f"{sum(one.tasks for one in results)} tasks in {written['took_s']} s")
    return 0 if all(one.passed for one in results) and (measured is None or measured["passed"]) else 1


def _command(seed: int) -> str:
    picked = f"FAULTS={os.environ['FAULTS']} " if os.environ.get("FAULTS") else ""
    return f"{'FAULTS_FULL=1 ' if full() else ''}{picked}FAULTS_SEED={seed} make faults"


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Give a short path (Unix sockets), gone afterwards; what a failure leaves in its logs is kept where FAULTS_KEEP is set."""
    folder = Path(tempfile.mkdtemp(prefix="chakong-faults-", dir="/tmp"))
    try:
        yield folder
    finally:
        if not os.environ.get("FAULTS_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def _on_one_ground(seed: int, wanted: list[str]) -> Iterator[Result]:
    """Do faults one after another; where one leaves the ground unfit, the next begins on a new one."""
    left = [(name, fault) for name in wanted for fault in FAULTS[name]]
    while left:
        with folder_of_its_own() as folder, ground(folder, world.PROCESSES) as made:
            town = Town(seed)
            town.settle(made, 600)
            field = Field(made, town, seed)
            while left:
                name, fault = left.pop(0)
                try:
                    results = list(fault(field))
                except Exception as error:  # noqa: BLE001 - whatever it is, the fault was not survived
                    traceback.print_exc()
                    results = [broken(name, seed, error)]
                yield from results
                if any(one.runs == 0 or one.recovery_s >= field.patience_s for one in results):
                    break


def broken(name: str, seed: int, error: Exception) -> Result:
    """Return the result of a fault that could not be done to its end."""
    said = f"{type(error).__name__}: {error}"[:500]
    result = Result(name, "not done to its end", seed, 0, mismatched=1, violations=[Violation("harness", "mismatched", said)])
    show(result)
    return result


def _apart(seed: int, wanted: Iterable[str]) -> Iterator[Result]:
    makers: dict[str, Callable[[], Iterator[Result]]] = {"F8": lambda: embedded_faults.f8(folder_of_its_own, seed), "F19": lambda: _full_disk(seed), "F35": lambda: mutants(folder_of_its_own, seed)}
    for name, make in makers.items():
        if name in wanted:
            try:
                yield from make()
            except Exception as error:  # noqa: BLE001 - the same
                traceback.print_exc()
                yield broken(name, seed, error)


def _full_disk(seed: int) -> Iterator[Result]:
    if os.geteuid() != 0:
        print("F19 is left out: only root can give PostgreSQL a disk of its own")
        return
    with folder_of_its_own() as folder, ground(folder, world.FEW_PROCESSES, disk_mb=_DISK_MB) as made:
        town = Town(seed)
        town.settle(made, 100)
        yield from server_faults.f19(Field(made, town, seed))


def together(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Put the trials of each fault together: counts added up, the longest recovery."""
    rows: dict[str, dict[str, Any]] = {}
    for one in results:
        row = rows.setdefault(one.id, {"id": one.id, "names": [], "runs": 0, "tasks": 0, "lost": 0, "doubled": 0, "mismatched": 0, "recovery_s": 0.0})
        row["names"].append(one.name)
        row["recovery_s"] = max(row["recovery_s"], round(one.recovery_s, 1))
        for name in ("runs", "tasks", "lost", "doubled", "mismatched"):
            row[name] += getattr(one, name)
    return list(rows.values())


def table(written: Mapping[str, Any]) -> str:
    """Return the result as a Markdown table."""
    lines = ["| fault | what was done | runs | tasks | lost | doubled | mismatched | at rest after, s |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    lines += [f"| {row['id']} | {'; '.join(row['names'])} | {row['runs']} | {row['tasks']} | {row['lost']} | {row['doubled']} | {row['mismatched']} | {row['recovery_s']} |"
              for row in written["faults"]]
    said = f"\n`{written['command']}`, {written['made_at'][:10]}, {written['machine']}, {written['took_s']} s, {sum(row['tasks'] for row in written['faults'])} tasks."
    if measured := written.get("isolation"):
        said += f" Others' p99 with one agency black-holed and one kind's worker dead: {measured['ratio']} × (median of {len(measured['pairs'])} interleaved pairs)."
    return "\n".join([*lines, said])


def _write(written: Mapping[str, Any], *, whole: bool) -> None:
    """Write the result; only a whole run goes into the docs."""
    target = RESULTS if whole else RESULTS.with_name("picked.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if whole:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
        PAGE.write_text(f"{before}{_BEGIN}\n\n{table(written)}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
