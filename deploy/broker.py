"""Run the broker of the embedded mode: librdkafka's mock cluster, which speaks the Kafka protocol on loopback.

It keeps messages in memory: about 5 MB a partition, then the oldest go, and all end with the process. Peculiarities:

- Topics appear on first use with 4 partitions, or through `create_topic`. There is no controller, so aiokafka's admin
  client cannot create them (it can describe them). Idempotent producers, headers and offset commits work.
- A fetch that waits is not woken by a message: `fetch_max_wait_ms` of a consumer is the longest latency it adds. On two
  cores, idle, client and broker together: 5 ms cost 7 % of a core per consumer, 10 ms 4 %, 20 ms 3 %, 50 ms 1.5 %.
- One member a group. With two, the broker answers the SyncGroup of the second with INVALID_REQUEST, which aiokafka
  raises as KafkaError. A first member joins at once; one that joins again waits `session_timeout_ms` less a second,
  after a kill -9 once more as long. Several processes that share a group need Apache Kafka (`deploy/kafka.py`).
- The settings of `confluent_kafka` for this cluster make a group wait 3 s for its first member. That is why this module
  calls the C functions that `confluent_kafka` carries.
"""

import argparse
import ctypes
import functools
import signal
from pathlib import Path
from typing import Self

from confluent_kafka import cimpl

PARTITIONS = 4
_RD_KAFKA_PRODUCER = 0
_ERROR_BYTES = 512


class BrokerError(RuntimeError):
    """The embedded broker could not be started or used."""


class EmbeddedBroker:
    """One in-process Kafka cluster, alive from `start` to `stop`. Keep a reference to it."""

    def __init__(self, brokers: int = 1) -> None:
        self._brokers = brokers
        self._client: int | None = None
        self._cluster: int | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Addresses for `KAFKA_BOOTSTRAP_SERVERS`, such as `127.0.0.1:41234`."""
        return str(_librdkafka().rd_kafka_mock_cluster_bootstraps(self._running()).decode())

    def start(self) -> str:
        """Start the brokers on free ports of the loopback interface and return `bootstrap_servers`.

        Raises:  BrokerError with librdkafka's words
        """
        if self._cluster is None:
            library = _librdkafka()
            self._client = _make_client(library)
            self._cluster = library.rd_kafka_mock_cluster_new(self._client, self._brokers)
            library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._running(), 0)
        return self.bootstrap_servers

    def create_topic(self, name: str, partitions: int = PARTITIONS) -> None:
        """Create a topic before its first use, for another number of partitions than 4.

        Raises:  BrokerError if the topic exists
        """
        error = _librdkafka().rd_kafka_mock_topic_create(self._running(), name.encode(), partitions, 1)
        if error:
            raise BrokerError(f"topic {name} was not created: librdkafka error {error}")

    def stop(self) -> None:
        """End the brokers and forget every message; repeatable."""
        cluster, client, self._cluster, self._client = self._cluster, self._client, None, None
        if cluster:
            _librdkafka().rd_kafka_mock_cluster_destroy(cluster)
        if client:
            _librdkafka().rd_kafka_destroy(client)

    def _running(self) -> int:
        if not self._cluster:
            raise BrokerError("the embedded broker does not run")
        return self._cluster

    def __enter__(self) -> Self:
        """Start the brokers."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the brokers."""
        self.stop()


def _make_client(library: ctypes.CDLL) -> int:
    """Make the client handle that librdkafka hangs a mock cluster on; it never connects anywhere."""
    error = ctypes.create_string_buffer(_ERROR_BYTES)
    conf = library.rd_kafka_conf_new()
    library.rd_kafka_conf_set(conf, b"log_level", b"2", error, _ERROR_BYTES)
    client = library.rd_kafka_new(_RD_KAFKA_PRODUCER, conf, error, _ERROR_BYTES)
    if not client:
        raise BrokerError(error.value.decode(errors="replace"))
    return int(client)


@functools.cache
def _librdkafka() -> ctypes.CDLL:
    """Find the C functions of the librdkafka that `confluent_kafka` has loaded, with their types."""
    library = ctypes.CDLL(str(Path(cimpl.__file__)))
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    library.rd_kafka_conf_set.argtypes = [pointer, text, text, text, size]
    library.rd_kafka_new.argtypes = [ctypes.c_int, pointer, text, size]
    library.rd_kafka_mock_cluster_new.argtypes = [pointer, ctypes.c_int]
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [pointer]
    library.rd_kafka_mock_cluster_bootstraps.restype = text
    library.rd_kafka_mock_group_initial_rebalance_delay_ms.argtypes = [pointer, ctypes.c_int32]
    library.rd_kafka_mock_topic_create.argtypes = [pointer, text, ctypes.c_int, ctypes.c_int]
    library.rd_kafka_mock_cluster_destroy.argtypes = [pointer]
    library.rd_kafka_destroy.argtypes = [pointer]
    for returns_pointer in (library.rd_kafka_conf_new, library.rd_kafka_new, library.rd_kafka_mock_cluster_new):
        returns_pointer.restype = pointer
    return library


def main() -> None:
    """Print the bootstrap servers and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Run the embedded broker as a process of its own.")
    parser.add_argument("--brokers", type=int, default=1)
    arguments = parser.parse_args()
    stop_signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    with EmbeddedBroker(arguments.brokers) as broker:
        print(broker.bootstrap_servers, flush=True)
        signal.sigwait(stop_signals)


if __name__ == "__main__":
    main()
