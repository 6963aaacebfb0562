"""The ground that faults happen on: real Kafka and PostgreSQL behind proxies, and a process a role that can be killed, paused and started."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from deploy import embedded, issuer
from deploy.kafka import KafkaCluster
from deploy.postgres import EmbeddedPostgres, start_postgres
from tests.faults import world
from tests.faults.proxy import Proxy
from tests.running import directory_file

CHAKONG = [sys.executable, "-m", "deploy.cli"]
MUTATED = Path(__file__).parent / "mutated"
_SIDES = ("COURT", "AGENCY")


class ProxiedKafka(KafkaCluster):
    """One broker with a listener of its own for each side of the mesh, each advertised at its proxy."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self._ports = {side: embedded.free_port() for side in _SIDES}
        self.proxies = {side: Proxy(lambda side=side: ("127.0.0.1", self._ports[side])).start() for side in _SIDES}

    def _settings(self, broker) -> str:
        own = f"PLAINTEXT://127.0.0.1:{broker.port}"
        listeners = ",".join([own, f"CONTROLLER://127.0.0.1:{broker.controller_port}", *(f"{side}://127.0.0.1:{port}" for side, port in self._ports.items())])
        advertised = ",".join([own, *(f"{side}://127.0.0.1:{proxy.port}" for side, proxy in self.proxies.items())])
        protocols = ",".join(f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *_SIDES))
        return (f"{super()._settings(broker)}listeners={listeners}\nadvertised.listeners={advertised}\n"
                f"listener.security.protocol.map={protocols}\ninter.broker.listener.name=PLAINTEXT\n")

    def servers_of(self, side: str) -> str:
        return f"127.0.0.1:{self.proxies[side].port}"

    def empty(self) -> None:
        """Take every message, offset and group away while the broker is down: as after the loss of its disk."""
        (broker,) = self._brokers
        shutil.rmtree(broker.folder / "data")
        broker.format()

    def stop(self) -> None:
        super().stop()
        for proxy in self.proxies.values():
            proxy.stop()


@dataclass
class Ground:
    """One installation. `processes` by name; `database` has a proxy for each process that has connections to it."""

    folder: Path
    kafka: ProxiedKafka
    postgres: EmbeddedPostgres
    environment: dict[str, str]
    plan: Mapping[str, tuple[str, ...]]
    mutation: str = ""
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    database: dict[str, Proxy] = field(default_factory=dict)
    #: since Kafka was emptied last its topics do not hold every message
    kafka_whole: bool = True
    max_connections: int = 100
    #: the file system that PostgreSQL's folder is on, where it is one of its own and small
    disk: Path | None = None

    @property
    def url(self) -> str:
        return self.environment["CHAKONG_GATEWAY_URL"]

    @property
    def agencies_url(self) -> str:
        return self.environment["CHAKONG_MOCK_AGENCIES_URL"]

    @property
    def bootstrap(self) -> str:
        """Where the harness itself reaches Kafka, past every proxy."""
        return self.kafka.bootstrap_servers

    @property
    def dsn(self) -> str:
        """Where the harness itself reaches PostgreSQL, past every proxy."""
        return self.postgres.url.replace("+asyncpg", "")

    def headers(self, court: str = world.COURT, officer: str = world.OFFICER, role: str = "judge") -> dict[str, str]:
        token = issuer.token(self.folder, court_code=court, officer=officer, roles=[role], now=datetime.now(UTC))
        return {"Authorization": f"Bearer {token}"}

    def start(self, name: str, *roles: str, **changes: str) -> None:
        """Start a process with its roles; what it prints goes to a log of its own."""
        roles = roles or self.plan[name]
        side = "AGENCY" if name.split("-", maxsplit=1)[0] in world.AGENCY_SIDE or name == "mock-agencies" else "COURT"
        proxy = self.database.get(name) or self.database.setdefault(name, Proxy(self._socket).start())
        settings = {**self.environment, "KAFKA_BOOTSTRAP_SERVERS": self.kafka.servers_of(side), "CHAKONG_METRICS_PORT": str(embedded.free_port()),
                    "DATABASE_URL": f"postgresql+asyncpg://postgres@127.0.0.1:{proxy.port}/chakong", **changes}
        if self.mutation:
            settings |= {"PYTHONPATH": str(MUTATED), "FAULTS_MUTATION": self.mutation}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([*CHAKONG, "serve", *roles, "--port", settings["CHAKONG_API_PORT"]],
                                                    stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=settings)

    def _socket(self) -> Path:
        return self.postgres.socket_dir / ".s.PGSQL.5432"

    def kill(self, name: str) -> None:
        """Kill a process as kill -9 does."""
        process = self.processes[name]
        process.kill()
        process.wait()

    def restart(self, name: str) -> None:
        """Kill a process, if it still runs, and start it again."""
        self.kill(name)
        self.start(name)

    def pause(self, name: str) -> None:
        """Stop a process in its tracks; it does not know afterwards that time has passed."""
        self.processes[name].send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGCONT)

    def end(self, name: str, within_s: float = 40) -> float:
        """End a process in order and return how long that took, in seconds."""
        began_s = time.monotonic()
        self.processes[name].terminate()
        self.processes[name].wait(within_s)
        return time.monotonic() - began_s

    def named(self, role: str) -> list[str]:
        """Return the processes that run a role."""
        return [name for name, roles in self.plan.items() if role in {one.partition(":")[0] for one in roles}]

    def ended_unasked(self) -> dict[str, int]:
        """Return the processes that ended by themselves, with their status; they are started again, as a supervisor does."""
        gone = {name: one.returncode for name, one in self.processes.items() if one.poll() is not None}
        for name in gone:
            self.start(name)
        return gone

    def kill_postgres(self) -> None:
        """Kill PostgreSQL as a power cut would: a server process left alone would still commit what it is at."""
        postmaster = psutil.Process(self.postgres.pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop_postgres_at_once(self) -> None:
        """Stop PostgreSQL in its mode `immediate`: no checkpoint, recovery at the start."""
        os.kill(self.postgres.pid or 0, signal.SIGQUIT)

    def restart_postgres(self) -> None:
        self.postgres.stop()
        self.postgres = start_postgres(self.postgres.data_dir, max_connections=self.max_connections)

    def create_topics(self) -> None:
        """Take the explicit step of production; it may be taken again."""
        subprocess.run([*CHAKONG, "topics", "create"], check=True, stdout=subprocess.DEVNULL,
                       env={**self.environment, "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap, "DATABASE_URL": self.postgres.url})

    def heal(self) -> None:
        """Take every cut, pause and scripted fault back; start what does not run."""
        for proxy in (*self.kafka.proxies.values(), *self.database.values()):
            proxy.heal()
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        self.ended_unasked()
        self.faults_end()

    def faults(self, agency: str, *faults: dict[str, object]) -> None:
        """Script faults of an agency; none lets it work again."""
        answer = httpx.put(f"{self.agencies_url}/admin/agencies/{agency}/faults", json={"faults": list(faults)}, timeout=30, trust_env=False, verify=False)
        answer.raise_for_status()

    def faults_end(self) -> None:
        self.until(lambda: httpx.get(f"{self.agencies_url}/healthz", trust_env=False, verify=False).is_success)
        for agency in world.ASKED:
            self.faults(agency)

    def ready(self) -> bool:
        """Tell whether the API says that it is ready."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False, verify=False).is_success
        return False

    def until_ready(self, within_s: float = 300) -> float:
        return self.until(self.ready, within_s)

    @staticmethod
    def until(reached, within_s: float = 120, every_s: float = 0.2) -> float:
        """Wait until something is so and return how long it took, in seconds; what cannot be asked yet is asked again."""
        began_s, last = time.monotonic(), None
        while True:
            try:
                if reached():
                    return time.monotonic() - began_s
            except Exception as error:  # noqa: BLE001 - whatever is not there yet is asked again
                last = error
            assert time.monotonic() - began_s < within_s, f"not so within {within_s} s: {last!r}"
            time.sleep(every_s)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system in memory. Only root may: elsewhere it is a folder, and F19 cannot be done."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def ground(folder: Path, plan: Mapping[str, tuple[str, ...]], mutation: str = "", disk_mb: int = 0, **environment: str) -> Iterator[Ground]:
    """Start everything, wait until it is ready, and end it; with `disk_mb` PostgreSQL has a disk of its own of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        kafka = stack.enter_context(ProxiedKafka(folder / "kafka"))
        disk = stack.enter_context(small_disk(folder / "disk", disk_mb)) if disk_mb else None
        postgres = stack.enter_context(start_postgres((disk or folder) / "postgres"))
        settings = {**os.environ, "CHAKONG_DATA_DIR": str(folder), "CHAKONG_CLOCK_START": world.START, **world.IMPATIENT,
                    "CHAKONG_AGENCIES": str(directory_file(folder / "agencies.yaml", timeout_s=world.CALL_TIMEOUT_S)),
                    "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "DATABASE_URL": postgres.url, **environment}
        embedded.secrets_of(settings, folder)
        embedded.addresses_of(settings, folder, 0)
        made = Ground(folder, kafka, postgres, settings, plan, mutation, disk=disk)
        try:
            subprocess.run([*CHAKONG, "db", "upgrade"], check=True, env=settings, stdout=subprocess.DEVNULL)
            made.create_topics()
            for name in plan:
                made.start(name)
            made.until_ready()
            yield made
        finally:
            _end(made)


def _end(made: Ground) -> None:
    for process in made.processes.values():
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()
    for proxy in made.database.values():
        proxy.stop()
    made.postgres.stop()
