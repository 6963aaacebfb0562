"""Messages that the client itself cannot read: a header's name that is no UTF-8, a compression that we do not have. They are stepped over one by one."""

import struct
import zlib
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.structs import ConsumerRecord

_log = structlog.get_logger()

#: What reading a batch raises for what is in it. (A broken gzip is an OSError too.)
GARBLED: tuple[type[Exception], ...] = (
    UnicodeDecodeError, UnsupportedCodecError, CorruptRecordException, zlib.error, EOFError, struct.error, IndexError)
#: Most messages read one by one before the client is left to itself again.
_MOST = 2_000
_WAIT_MS = 500

Read = dict[TopicPartition, list[ConsumerRecord]]


async def step_over(client: AIOKafkaConsumer, resume: Callable[[TopicPartition], int | None]) -> tuple[Read, list[tuple[TopicPartition, int]]]:
    """Read on one message at a time until one cannot be read, and go on behind it; `resume` says where each partition goes on, None: where the group is.

    Shape:  what was read on the way, and (partition, offset) of what was not. A client that failed has lost what it had fetched, so each
            partition is taken back to where it was
    Raises: KafkaError or OSError if the broker is away
    """
    read: Read = {}
    for partition in sorted(client.assignment()):
        at = resume(partition)
        at = await client.committed(partition) if at is None else at
        if at is None:
            at = (await client.beginning_offsets([partition]))[partition]
        client.seek(partition, at)
    for partition in sorted(client.assignment()):
        for _ in range(_MOST):
            try:
                found = await client.getmany(partition, timeout_ms=_WAIT_MS, max_records=1)
            except GARBLED as error:
                offset = await client.position(partition)
                client.seek(partition, offset + 1)
                _log.error("message_not_readable", topic=partition.topic, partition=partition.partition, offset=offset, error=type(error).__name__)
                return read, [(partition, offset)]
            if not found:
                break
            for one, records in found.items():
                read.setdefault(one, []).extend(records)
    return read, []
