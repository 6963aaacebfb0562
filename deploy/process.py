"""One process of the mesh: the servers it must start itself, the roles it runs, the end in order when it is told to."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog
import uvloop

from deploy import embedded, logs, probes, topics, topology, vitals
from deploy.clock import DatabaseClock, SureClock, SystemClock, mesh_clock
from deploy.greeting import greet
from deploy.mesh import Mesh, load_directory
from deploy.settings import DeploySettings
from deploy.timekeeping import FIRST_WITHIN_S, timekeeper
from gateway.store.migrate import upgrade

_log = structlog.get_logger()

#: New containers after which the youngest are collected; Python's own 700 costs some percent under load.
_COLLECT_AFTER = 20_000
#: Of the time a process has to end: what is left for roles that did not end by themselves, for what they leave behind, and to exit.
_CUT_S, _LEFTOVER_S, _EXIT_S = 1.0, 0.5, 0.5


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
    clock = mesh_clock(settings.clock_start, folder, wrong_by_s=settings.clock_skew_s, wrong_after_s=settings.clock_skew_after_s)
    mesh = Mesh(load_directory(directory), clock, folder=folder, relay_here=relay_here)
    mesh.check_files()
    with ExitStack() as stack:
        if settings.metrics_port is not None:
            stack.enter_context(probes.serving(probes.Probes(mesh.pulses, mesh.checks), settings.metrics_host, settings.metrics_port))
        mesh.fresh_broker = stack.enter_context(embedded.servers(os.environ, folder) if servers and fills_in else nullcontext(False))
        _run(_serve(mesh, clock, roles, _Run(not names, greeting, settings.end_within_s)))
    _leave()


@dataclass(frozen=True, slots=True)
class _Run:
    """How a process runs: every role there is, a greeting for a newcomer, and how long its end may take."""

    everything: bool
    greeting: bool
    end_within_s: float


def _run(serving: Coroutine[object, object, None]) -> None:
    """Run to the end and no further: asyncio's own runner would wait for whatever hangs."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serving)


def _leave() -> None:
    """End the process also where a thread hangs, in the resolver say: the interpreter would wait for it."""
    if any(one is not threading.main_thread() and not one.daemon for one in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


async def _prepare(mesh: Mesh) -> None:
    """Take the explicit steps of production for whoever runs everything at once."""
    await upgrade(mesh.store)
    if not mesh.fresh_broker:
        await topics.create(mesh.directory)


async def _serve(mesh: Mesh, machine: SystemClock, roles: Sequence[tuple[topology.Role, str]], run: _Run) -> None:
    stop = asyncio.Event()
    _spare_the_collector()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if run.everything:
        await _unless(stop, _prepare(mesh))
    clocks, keeping = await _clocks(mesh, machine, roles, stop)
    serving = [*keeping, *(asyncio.create_task(role.serve(mesh.of(detail, clocks[role.clock]), stop)) for role, detail in roles)]
    serving.append(asyncio.create_task(vitals.run(mesh, stop, database=any(role.database for role, _ in roles))))
    announcing = asyncio.create_task(  # noqa: RUF006 - it is kept, and ended below
        _announce(mesh, sum(role.http for role, _ in roles), greeting=run.greeting))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *serving], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    announcing.cancel()
    await _end_in_time(serving, run.end_within_s)


async def _clocks(
    mesh: Mesh, machine: SystemClock, roles: Sequence[tuple[topology.Role, str]], stop: asyncio.Event,
) -> tuple[Mapping[str, SystemClock | DatabaseClock | SureClock], list[asyncio.Task[None]]]:
    """Return the clocks that roles live by, and what keeps them; a role that stores decisions starts when the database has said what time it is.

    Shape: while the database is away it starts all the same, and refuses
    """
    if all(role.clock == "machine" for role, _ in roles):
        return {"machine": machine}, []
    keeper = timekeeper(mesh.store, mesh.gateway, machine)
    keeping = asyncio.create_task(keeper.run(stop))
    await _unless(stop, asyncio.wait_for(keeper.clock.known.wait(), FIRST_WITHIN_S))
    return {"machine": machine, "database": keeper.clock, "sure": SureClock(keeper.clock)}, [keeping]


async def _unless(stop: asyncio.Event, work: Coroutine[object, object, object]) -> None:
    """Wait for something, but no longer than until told to stop, nor for what takes too long to say anything."""
    working, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        with suppress(TimeoutError):
            working.result()
    else:
        working.cancel()


def _spare_the_collector() -> None:
    """Leave what was loaded at start out of collections, and collect the rest less often: messages make few cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


async def _end_in_time(serving: Sequence[asyncio.Task[None]], within_s: float) -> None:
    """Wait for the roles to end; cancel those that take too long, leave what hangs even then, and pass on what a role failed with.

    What is cut off is done again: its message is not marked as done, its row is due again.
    """
    patience_s = within_s - _CUT_S - _LEFTOVER_S - _EXIT_S
    ended, late = await asyncio.wait(serving, timeout=patience_s)
    for task in late:
        task.cancel()
    if late:
        _log.warning("cut_off", roles=len(late), after_s=patience_s)
        await asyncio.wait(late, timeout=_CUT_S)
    left = asyncio.all_tasks() - {asyncio.current_task(), *serving}
    for one in left:
        one.cancel()
    if left:
        await asyncio.wait(left, timeout=_LEFTOVER_S)
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
