"""F35: each safeguard taken out in turn, from outside (mutated/sitecustomize.py); the short cut must fail each time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tests.faults import trial, world
from tests.faults.checker import Violation
from tests.faults.ground import ground
from tests.faults.short_cut import NEEDED, PARTS
from tests.faults.subjects import Town
from tests.faults.trial import Field, Result

Folder = Callable[[], AbstractContextManager[Path]]
#: What a mutant has lost stays lost: it is not waited for as long as what only takes its time.
_PATIENCE_S = 30.0


def mutants(folder: Folder, seed: int) -> Iterator[Result]:
    """Run each mutant until the short cut fails; a mutant that survives it all is the failure here."""
    for safeguard in NEEDED:
        print(f"F35  without {safeguard}:", flush=True)
        failed = first_failure(folder, safeguard, seed)
        result = Result("F35", f"without {safeguard}", seed, 1, failed.tasks if failed else 0, mismatched=0 if failed else 1)
        if failed is None:
            result.violations.append(Violation("F35", "mismatched", f"the short cut does not miss {safeguard}"))
        else:
            result.numbers = {"lost_by_the_mutant": failed.lost, "doubled_by_the_mutant": failed.doubled, "mismatched_by_the_mutant": failed.mismatched}
        trial.show(result)
        yield result


def first_failure(folder: Folder, safeguard: str, seed: int) -> Result | None:
    """Return the first trial of the short cut that a mutant fails, beginning with the one that needs the safeguard most; None if there is none."""
    order = [NEEDED[safeguard], *(name for name in PARTS if name != NEEDED[safeguard])]
    with folder() as place, ground(place, world.FEW_PROCESSES, mutation=safeguard) as made:
        town = Town(seed)
        town.settle(made, 160)
        field = Field(made, town, seed, patience_s=_PATIENCE_S)
        for name in order:
            for result in PARTS[name](field):
                if result.violations:
                    return result
    return None
