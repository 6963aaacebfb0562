"""Wire each role: settings to constructor, constructor to `serve`. No rule and no loop lives here."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.batching import pause
from contracts.kafka.consumer import Consumer
from contracts.kafka.producer import Producer
from contracts.pulse import Pulse, Pulses
from contracts.signing import Keys
from contracts.state import RoleState
from deploy.clock import SystemClock, new_id, new_message_id, new_request_nos
from deploy.guard import KernelGuard
from deploy.keys import keys_of
from deploy.mesh import Mesh
from gateway import aggregator as aggregator_role
from gateway import hearing as hearing_role
from gateway import proposing as proposing_role
from gateway import reconciling as reconciling_role
from gateway import schedule as schedule_role
from gateway.aggregator import Aggregator
from gateway.api import serve as api_role
from gateway.api.deps import Deps
from gateway.dead_letters import Keeper, Redriver
from gateway.follow_ups import FollowUps
from gateway.intake import Intake
from gateway.ordering import Ordering
from gateway.proposing import Proposing
from gateway.publishing import Publisher
from gateway.reconciling import Reconciling
from gateway.relay import Relay
from gateway.reports import Reports
from gateway.schedule import Schedule
from gateway.store.database import COMMANDS_CHANNEL, EVENTS_CHANNEL, Database, Listener
from gateway.watching import Watching
from services.runtime import callbacks as callbacks_role
from services.runtime import telling as telling_role
from services.runtime import worker as worker_role
from services.runtime.board import Board
from services.runtime.mock import serve as mock_role
from services.runtime.mock.settings import MockSettings
from services.runtime.registry import mock_agencies as registered_mocks
from services.runtime.settings import CallbackSettings, WorkerSettings

_PING_EVERY_S = 2.0


async def api(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run the REST edge; commands go straight to the relay where it runs in this process, else it is notified."""
    database = Database(mesh.store)
    intake = Intake(database, mesh.directory, mesh.gateway, clock=mesh.clock, new_id=new_id, new_request_nos=new_request_nos,
                    committed=mesh.hand_over if mesh.relay_here else None)
    ordering = Ordering(database, _reports(mesh), mesh.gateway, clock=mesh.clock, new_id=new_id, new_request_nos=new_request_nos)
    follow_ups = FollowUps(database, mesh.directory, mesh.gateway, clock=mesh.clock, new_id=new_id, new_request_nos=new_request_nos,
                           overrides=mesh.overrides)
    deps = Deps(
        settings=mesh.gateway, database=database, events=Listener(mesh.store, EVENTS_CHANNEL, every_s=1.0), directory=mesh.directory,
        intake=intake, ordering=ordering, follow_ups=follow_ups, clock=mesh.clock, token_clock=SystemClock(), new_id=new_id, checks=mesh.checks,
        overrides=mesh.overrides, policies=mesh.policies)

    def listening(url: str) -> None:
        mesh.listening.put_nowait(("api", url))

    mesh.tells.append(mesh.state_of("api"))
    watching = None if mesh.relay_here else asyncio.create_task(_watch_broker(mesh, stop))
    await api_role.serve(deps, stop, host=mesh.gateway.api_host, port=mesh.gateway.api_port, on_ready=listening)
    if watching is not None:
        await watching
    await database.close()


def _reports(mesh: Mesh) -> Reports:
    return Reports(mesh.gateway.secret, mesh.directory, mesh.policies, mesh.overrides)


def _reconciling(mesh: Mesh, database: Database) -> Reconciling:
    return Reconciling(database, mesh.directory, mesh.gateway, clock=mesh.clock, new_id=new_id, new_request_nos=new_request_nos)


async def _watch_broker(mesh: Mesh, stop: asyncio.Event) -> None:
    """Ask the broker now and then whether it is there, for the readiness of a process without a relay."""
    # It sends nothing; to be idempotent it would need the right to write somewhere.
    producer = Producer(mesh.kafka.model_copy(update={"idempotent": False}), "chakong.api")
    mesh.checks["kafka"] = lambda: producer.connected
    while not stop.is_set():
        await producer.ping()
        await pause(stop, _PING_EVERY_S)
    await producer.stop()


async def relay(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run the relay, and beside it whoever publishes the events of courts, and whoever sends again what was set aside."""
    database, producer = Database(mesh.store), Producer(mesh.kafka, "chakong.relay", keys_of("relay", mesh.directory, mesh.clock))
    # Without keys: what somebody set aside goes out with the signature it came with, or with none.
    redriving = Producer(mesh.kafka, "chakong.redrive")
    role = Relay(database, producer, mesh.gateway, clock=mesh.clock, new_id=new_message_id)
    if mesh.fresh_broker:
        await role.send_all_again(stop)
    mesh.committed.append(role.offer)
    mesh.pulses["relay"] = role.pulse
    mesh.tells.append(mesh.state_of("relay"))
    mesh.checks["relay"] = lambda: producer.connected
    committed = Listener(mesh.store, COMMANDS_CHANNEL, every_s=mesh.gateway.relay_sweep_every_s)
    async with asyncio.TaskGroup() as group:
        group.create_task(committed.run(stop))
        group.create_task(role.run(stop, committed))
        group.create_task(Redriver(database, redriving, mesh.clock).run(stop))
        group.create_task(_publish_events(mesh, database, stop))
    await producer.stop()
    await database.close()


async def _publish_events(mesh: Mesh, database: Database, stop: asyncio.Event) -> None:
    producer, committed = Producer(mesh.kafka, "chakong.events", keys_of("relay", mesh.directory, mesh.clock)), Listener(mesh.store, EVENTS_CHANNEL, every_s=1.0)
    async with asyncio.TaskGroup() as group:
        group.create_task(committed.run(stop))
        group.create_task(Publisher(database, producer, owner=new_id()).run(stop, committed))
    await producer.stop()


async def aggregator(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run the aggregator."""
    database = Database(mesh.store)
    role = Aggregator(database, mesh.agencies, clock=mesh.clock, new_id=new_id, compare=_reconciling(mesh, database).compare)
    mesh.checks["aggregator"] = lambda: False
    keys = keys_of("aggregator", mesh.directory, mesh.clock)
    mesh.pulses["aggregator"], tell = role.pulse, mesh.state_of("aggregator")
    mesh.tells.append(lambda: tell().model_copy(update={"unapplied": role.in_hand.since}))

    def joined(consumer: Consumer) -> None:
        mesh.checks["aggregator"] = lambda: consumer.assigned

    async with asyncio.TaskGroup() as group:
        group.create_task(aggregator_role.serve(role, mesh.kafka, mesh.gateway, stop, joined=joined, keys=keys))
        group.create_task(hearing_role.serve(database, mesh.kafka, keys, stop))
        group.create_task(Keeper(database, mesh.kafka, mesh.clock).run(stop))
    await database.close()


async def schedule(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run the schedule, and beside it whoever looks for an excess."""
    database = Database(mesh.store)
    follow_ups = FollowUps(database, mesh.directory, mesh.gateway, clock=mesh.clock, new_id=new_id, new_request_nos=new_request_nos,
                           overrides=mesh.overrides)
    watching = Watching(database, mesh.directory.agencies, mesh.gateway, clock=mesh.clock, new_id=new_id)
    proposing = Proposing(database, _reports(mesh), follow_ups, clock=mesh.clock, rest_s=mesh.gateway.excess_rest_s)
    mesh.pulses["schedule"] = pulse = Pulse()
    mesh.tells.append(mesh.state_of("schedule"))
    async with asyncio.TaskGroup() as group:
        group.create_task(schedule_role.serve(Schedule(database, clock=mesh.clock, new_id=new_id, send_held=follow_ups.send_held,
                                                       ask_status=watching.ask), mesh.gateway, stop, pulse))
        group.create_task(proposing_role.serve(proposing, mesh.gateway, stop))
        group.create_task(reconciling_role.serve(_reconciling(mesh, database), mesh.gateway, stop))
    await database.close()


async def worker(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run a worker of the asset types behind the role's colon, of all without one."""
    settings = WorkerSettings(asset_types=mesh.detail) if mesh.detail else WorkerSettings()
    name = f"worker:{mesh.detail}" if mesh.detail else "worker"
    mesh.checks[name] = lambda: False

    def ready() -> None:
        mesh.checks[name] = lambda: True

    pulses = Pulses()
    mesh.pulses[name], board, tell = pulses, Board(mesh.clock), mesh.state_of("worker", ",".join(settings.asset_types))
    # With a broker in this process there is no other worker that could act meanwhile.
    guard = None if mesh.fresh_broker else KernelGuard()
    keys = keys_of("worker", mesh.directory, mesh.clock)
    async with _telling(mesh, keys, lambda: tell().model_copy(update={"breakers": board.told()}), board.changed):
        await worker_role.serve(settings, mesh.kafka, mesh.agencies, stop, clock=mesh.clock, new_id=new_message_id,
                                random=random.SystemRandom(), keys=keys, on_ready=ready,
                                guard=guard, pulses=pulses, board=board)


@asynccontextmanager
async def _telling(mesh: Mesh, keys: Keys, tell: Callable[[], RoleState], changed: asyncio.Event) -> AsyncIterator[None]:
    """Tell the mesh of a role without a database while it runs."""
    ended = asyncio.Event()
    telling = asyncio.create_task(telling_role.serve([tell], mesh.kafka, ended, keys=keys, clock=mesh.clock, new_id=new_message_id, changed=changed))
    try:
        yield
    finally:
        ended.set()
        await telling


async def callbacks(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run the server that agencies call back."""

    def listening(url: str) -> None:
        mesh.listening.put_nowait(("callbacks", url))

    keys = keys_of("callbacks", mesh.directory, mesh.clock)
    async with _telling(mesh, keys, mesh.state_of("callbacks"), asyncio.Event()):
        await callbacks_role.serve(CallbackSettings(), mesh.kafka, mesh.agencies, stop, clock=mesh.clock, new_id=new_message_id,
                                   keys=keys, on_ready=listening)


async def mock_agencies(mesh: Mesh, stop: asyncio.Event) -> None:
    """Run the mock agencies."""

    def listening(url: str) -> None:
        mesh.listening.put_nowait(("mock-agencies", url))

    await mock_role.serve(MockSettings(), stop, clock=mesh.clock, agencies=mesh.directory.agencies, mocks=registered_mocks(),
                          on_ready=listening)
