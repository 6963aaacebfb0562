"""A mesh of separate processes: each runs the roles it is given, all share one Kafka, one database and one folder."""

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from deploy import embedded
from tests.running import CHAKONG, START, RunningMesh, clock_of

_PATIENCE_S = 120.0


@dataclass
class Part:
    """One process of the mesh; `metrics_url` is its own."""

    process: "subprocess.Popen[str]"
    log: Path
    metrics_url: str

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels."""
        with urllib.request.urlopen(self.metrics_url) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(line.rpartition(" ")[2]) for line in lines
                   if line.partition("{")[0].partition(" ")[0] == name and all(one in line for one in wanted))


@dataclass
class SpreadMesh:
    """The processes by name, and what they share."""

    folder: Path
    environment: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)
    calls: list[RunningMesh] = field(default_factory=list)

    def start(self, name: str, *roles: str, **environment: str) -> Part:
        """Start a process with roles; it has a port for its metrics."""
        port = embedded.free_port()
        settings = {**self.environment, "CHAKONG_METRICS_PORT": str(port), **environment}
        log = self.folder / f"{name}.log"
        with log.open("a") as errors:
            process = subprocess.Popen([*CHAKONG, "serve", *roles, "--port", self.environment["CHAKONG_API_PORT"]],
                                       stdout=subprocess.PIPE, stderr=errors, text=True, env=settings)
        self.parts[name] = Part(process, log, f"http://127.0.0.1:{port}/metrics")
        return self.parts[name]

    def reached(self, name: str = "api") -> RunningMesh:
        """Wait until the process with the API is ready, and return how to call it."""
        url = self.until_says(name, "ready")
        clock = clock_of(self.folder, self.environment["CHAKONG_CLOCK_START"])
        self.calls.append(RunningMesh(self.folder, self.parts[name].process, url, self.environment["CHAKONG_MOCK_AGENCIES_URL"], clock))
        return self.calls[-1]

    def until_says(self, name: str, word: str) -> str:
        """Wait until a process prints a line with this word first, and return the rest of the line."""
        part = self.parts[name]
        for line in part.process.stdout or ():
            if line.startswith(f"{word} "):
                return line.split()[1]
        raise AssertionError(f"{name} did not start: {part.log.read_text()[-3000:]}")

    def end(self, name: str) -> None:
        """End a process in order."""
        with self.parts.pop(name).process as process:
            process.terminate()

    def members_that_read(self, group: str) -> int:
        """Return how many members of a consumer group have partitions."""
        admin = AdminClient({"bootstrap.servers": self.environment["KAFKA_BOOTSTRAP_SERVERS"]})
        described = admin.describe_consumer_groups([group])[group].result()
        return sum(bool(member.assignment and member.assignment.topic_partitions) for member in described.members)

    def until_members_read(self, group: str, members: int) -> None:
        """Wait until so many members of a group have partitions."""
        deadline = time.monotonic() + _PATIENCE_S
        while self.members_that_read(group) != members:
            assert time.monotonic() < deadline, {name: part.log.read_text()[-1000:] for name, part in self.parts.items()}
            time.sleep(0.1)

    def messages_in(self, topic: str) -> int:
        """Return how many messages were ever written to a topic."""
        consumer = Consumer({"bootstrap.servers": self.environment["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "counts"})
        try:
            partitions = consumer.list_topics(topic).topics[topic].partitions
            return sum(consumer.get_watermark_offsets(TopicPartition(topic, number))[1] for number in partitions)
        finally:
            consumer.close()


@contextmanager
def spread_mesh(folder: Path, kafka: str, database: str, **environment: str) -> Iterator[SpreadMesh]:
    """Prepare the steps of production, and end whatever processes are started."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**os.environ, "CHAKONG_DATA_DIR": str(folder), "CHAKONG_CLOCK_START": START, "KAFKA_BOOTSTRAP_SERVERS": kafka,
                "DATABASE_URL": database, **environment}
    embedded.secrets_of(settings, folder)
    embedded.addresses_of(settings, folder, 0)
    steps = [subprocess.Popen([*CHAKONG, *step], env=settings, stdout=subprocess.DEVNULL) for step in (["db", "upgrade"], ["topics", "create"])]
    assert [step.wait(timeout=300) for step in steps] == [0, 0]
    mesh = SpreadMesh(folder, settings)
    try:
        yield mesh
    finally:
        for calls in mesh.calls:
            calls.close()
        for part in mesh.parts.values():
            part.process.terminate()
        for name in list(mesh.parts):
            mesh.end(name)
