"""The mesh as several processes on one machine: servers, court side, agency side, mock agencies. For load and for tests."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from deploy import embedded
from deploy.kafka import KafkaCluster
from deploy.postgres import start_postgres

#: Two processes beat one and six on two cores (performance.md): court side, agency side; the agencies are beside them.
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "gateway": ("api", "relay"),
    "aggregator": ("aggregator", "schedule"),
    "workers": ("worker", "callbacks"),
    "mock-agencies": ("mock-agencies",),
}


@dataclass(frozen=True)
class Running:
    """A running mesh: where it is, what its parts' processes are, and the environment they share."""

    url: str
    processes: Mapping[str, int]
    environment: Mapping[str, str]

    def cpu_s(self) -> dict[str, float]:
        """Return user + system seconds each part has used, with its children."""
        return {name: _cpu_s(pid) for name, pid in self.processes.items()}


def _cpu_s(pid: int) -> float:
    """Sum a process and its children; children that ended are in the parent's own account."""
    process = psutil.Process(pid)
    times = [process.cpu_times(), *(child.cpu_times() for child in process.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


@contextmanager
def running(folder: Path, broker: Literal["embedded", "kafka"]) -> Iterator[Running]:
    """Start everything, yield it once it is ready, end it in order."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "CHAKONG_DATA_DIR": str(folder)}
    processes: dict[str, int] = {}
    with ExitStack() as stack:
        _servers(stack, environment, processes, folder, broker)
        embedded.secrets_of(environment, folder)
        embedded.addresses_of(environment, folder, 0)
        chakong = [sys.executable, "-m", "deploy.cli"]
        subprocess.run([*chakong, "db", "upgrade"], check=True, env=environment)
        if broker == "kafka":
            subprocess.run([*chakong, "topics", "create"], check=True, env=environment, stdout=subprocess.DEVNULL)
        for name in ("mock-agencies", "workers", "aggregator", "gateway"):
            command = [*chakong, "serve", *PROCESSES[name], "--port", environment["CHAKONG_API_PORT"]]
            process = stack.enter_context(_process(command, environment, folder / f"{name}.log"))
            processes[name] = process.pid
        yield Running(_ready(process), processes, environment)


def _servers(
    stack: ExitStack, environment: dict[str, str], processes: dict[str, int], folder: Path, broker: Literal["embedded", "kafka"]
) -> None:
    if "DATABASE_URL" not in environment:
        postgres = stack.enter_context(start_postgres(folder / "postgres"))
        environment["DATABASE_URL"] = postgres.url
        processes["postgresql"] = postgres.pid or 0
    if "KAFKA_BOOTSTRAP_SERVERS" in environment:
        return
    if broker == "kafka":
        cluster = stack.enter_context(KafkaCluster(folder / "kafka"))
        environment["KAFKA_BOOTSTRAP_SERVERS"] = cluster.bootstrap_servers
        processes["broker"] = cluster.pid(0) or 0
        return
    process = stack.enter_context(_process([sys.executable, "-m", "deploy.broker"], environment, folder / "broker.log"))
    environment |= {"KAFKA_BOOTSTRAP_SERVERS": str(process.stdout and process.stdout.readline()).strip(), **embedded.BROKER}
    processes["broker"] = process.pid


@contextmanager
def _process(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[str]"]:
    with log.open("w") as errors:
        process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        if line.startswith("ready "):
            return line.split()[1]
    raise RuntimeError("the mesh did not start; its logs are in the data folder")
