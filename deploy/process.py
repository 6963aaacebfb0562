"""One process of the mesh: the servers it must start itself, the roles it runs, the end in order when it is told to."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path

import httpx
import uvloop

from deploy import embedded, logs, probes, topics, topology, vitals
from deploy.clock import SystemClock, mesh_clock
from deploy.greeting import greet
from deploy.mesh import Mesh, load_directory
from deploy.settings import DeploySettings
from gateway.store.migrate import upgrade

#: New containers after which the youngest are collected; Python's own 700 costs some percent under load.
_COLLECT_AFTER = 20_000
#: How long roles may take to end before the process ends without them.
_DRAIN_S = 20.0


def run(names: list[str], port: int, directory: Path, *, greeting: bool = False, servers: bool = True) -> None:
    """Run roles until SIGTERM or SIGINT; `servers` false: they need neither database nor Kafka.

    Raises: ValueError for an unknown role; whatever a role fails with
    """
    roles = topology.chosen(names)
    folder = embedded.data_dir()
    settings = DeploySettings()
    fills_in = settings.fills_in
    if fills_in:
        embedded.secrets_of(os.environ, folder)
        embedded.addresses_of(os.environ, folder, port)
    logs.configure(sys.stderr)
    relay_here = any(role is topology.ROLES["relay"] for role, _ in roles)
    mesh = Mesh(load_directory(directory), mesh_clock(settings.clock_start, folder), folder=folder, relay_here=relay_here)
    mesh.check_files()
    with ExitStack() as stack:
        if settings.metrics_port is not None:
            stack.enter_context(probes.serving(probes.Probes(mesh.pulses, mesh.checks), settings.metrics_host, settings.metrics_port))
        mesh.fresh_broker = stack.enter_context(embedded.servers(os.environ, folder) if servers and fills_in else nullcontext(False))
        uvloop.run(_serve(mesh, roles, everything=not names, greeting=greeting))


async def _prepare(mesh: Mesh) -> None:
    """Take the explicit steps of production for whoever runs everything at once."""
    await upgrade(mesh.store)
    if not mesh.fresh_broker:
        await topics.create(mesh.directory)


async def _serve(mesh: Mesh, roles: Sequence[tuple[topology.Role, str]], *, everything: bool, greeting: bool) -> None:
    stop = asyncio.Event()
    _spare_the_collector()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if everything:
        await _prepare(mesh)
    serving: list[asyncio.Task[None]] = [asyncio.create_task(role.serve(mesh.of(detail), stop)) for role, detail in roles]
    serving.append(asyncio.create_task(vitals.run(mesh, stop, database=any(role.database for role, _ in roles))))
    announcing = asyncio.create_task(  # noqa: RUF006 - it is kept, and ended below
        _announce(mesh, sum(role.http for role, _ in roles), greeting=greeting))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *serving], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    announcing.cancel()
    await asyncio.wait([announcing])
    await _end_in_time(serving)


def _spare_the_collector() -> None:
    """Leave what was loaded at start out of collections, and collect the rest less often: messages make few cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


async def _end_in_time(serving: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the roles to end; cancel those that take too long, and pass on what a role failed with."""
    ended, late = await asyncio.wait(serving, timeout=_DRAIN_S)
    for task in late:
        task.cancel()
    for task in ended:
        task.result()


async def _announce(mesh: Mesh, addresses: int, *, greeting: bool) -> None:
    """Print where the process can be reached: the mock agencies at once, the API when it is ready."""
    listening = dict([await mesh.listening.get() for _ in range(addresses)])
    if url := listening.get("mock-agencies"):
        print(f"mock-agencies {url}", flush=True)
    if url := listening.get("api"):
        await _until_ready(url)
        print(f"ready {url}", flush=True)
        if greeting:
            print(greet(url, mesh.folder, mesh.clock.now(), signed_at=SystemClock().now()), flush=True)


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while (await client.get(f"{url}/readyz")).status_code != httpx.codes.OK:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.05)
