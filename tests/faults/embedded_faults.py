"""F8: the embedded mesh, one process with everything in it, killed and started again on its data folder."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import world
from tests.faults.checker import check, counted
from tests.faults.client_log import ClientLog, read_calls
from tests.faults.court import Load
from tests.faults.evidence import gather, rest
from tests.faults.ground import Ground
from tests.faults.subjects import Town
from tests.faults.trial import Result, full, show
from tests.running import RunningMesh, running_mesh

_REQUESTS, _FREEZES = 60, 30


@dataclass
class Alone:
    """The embedded mesh as evidence is gathered from it; its broker cannot be reached from outside."""

    folder: Path
    mesh: RunningMesh
    kafka_whole: bool = False
    bootstrap: str = ""
    processes: Mapping[str, object] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.mesh.url

    @property
    def agencies_url(self) -> str:
        return self.mesh.agencies_url

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/chakong?host={self.folder}/postgres/socket"

    def headers(self) -> dict[str, str]:
        return self.mesh.headers(world.COURT, world.OFFICER)

    until = staticmethod(Ground.until)


def f8(folder: Callable[[], AbstractContextManager[Path]], seed: int) -> Iterator[Result]:
    """kill -9 of the one process again and again while it is at work; I1–I8 at the end, but for what only Kafka could show."""
    rng, kills = random.Random(seed), 20 if full() else 3
    environment = {**world.IMPATIENT, "CHAKONG_RESEND_AFTER_S": "5"}
    with folder() as place:
        calls, town, sending, at = ClientLog(place / "calls"), Town(seed), None, []
        for number in range(kills + 1):
            with running_mesh(place / "data", **environment) as mesh:
                one = Alone(place / "data", mesh)
                at[:] = [one]
                if sending is None:
                    town.settle(one, 60)
                    orders = town.mixed(_REQUESTS, _FREEZES)
                    sending = Load(lambda: at[0].url, one.headers(), calls, orders, f"F8-{time.time_ns()}", rate_per_s=5, seed=seed).start()
                if number < kills:
                    sending.until_share((number + 1) / (kills + 1))
                    time.sleep(rng.uniform(0.1, 1.0))
                    mesh.kill()
                    continue
                sending.join()
                calls.close()
                recovery_s = one.until(lambda: not any(rest(at[0]).values()), 240)
                found = gather(one, read_calls(place / "calls"))
                violations = check(found)
                tasks = len([task for task in found.tasks if task["control_id"] is None])
                result = Result("F8", "kill -9 of the embedded mesh", seed, kills, tasks, recovery_s=recovery_s, violations=violations, **counted(violations))
                show(result)
                yield result
