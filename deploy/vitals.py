"""What goes on in every process beside its roles: its loop turns, its disk has room, and it tells the mesh that it lives."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

from contracts.batching import pause
from contracts.pulse import Pulse
from contracts.state import BEAT_EVERY_S
from contracts.telemetry import DISK_FREE
from deploy.mesh import Mesh
from gateway.heart import Heart
from gateway.store.database import Database

_TURN_EVERY_S = 1.0


async def run(mesh: Mesh, stop: asyncio.Event, *, database: bool) -> None:
    """Run until told to stop; `database`: one of the roles has it, so the process writes there that it lives."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_turn(mesh, stop))
        group.create_task(_look_at_disk(mesh.folder, stop))
        if database:
            group.create_task(_beat(mesh, stop))


async def _beat(mesh: Mesh, stop: asyncio.Event) -> None:
    store = Database(mesh.store)
    heart = Heart(store, mesh.tells)
    mesh.checks["writable"] = lambda: heart.writable
    await heart.run(stop)
    await store.close()


async def _turn(mesh: Mesh, stop: asyncio.Event) -> None:
    mesh.pulses["loop"] = pulse = Pulse()
    while not stop.is_set():
        pulse.turn()
        await pause(stop, _TURN_EVERY_S)


async def _look_at_disk(folder: Path, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(OSError):  # a role may have no data folder
            usage = shutil.disk_usage(folder)
            DISK_FREE.set(usage.free / usage.total)
        await pause(stop, BEAT_EVERY_S)
