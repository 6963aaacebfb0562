"""What processes without a database tell of themselves, as messages: chakong.state.v1, key: the process."""

from datetime import datetime

from pydantic import ValidationError

from contracts.failures import MalformedMessage
from contracts.kafka import topics
from contracts.kafka.codec import Envelope, Outbound, Record
from contracts.kafka.replies import where
from contracts.state import STATE_TYPE, RoleState


def encode_state(state: RoleState, *, message_id: str, now: datetime) -> Outbound:
    """Write a state; those of a process stay in order."""
    envelope = Envelope(id=message_id, type=STATE_TYPE, source=f"/{state.role}", subject=state.process, time=now, correlation_id=state.process)
    body = state.model_dump_json(exclude_defaults=True).encode()
    return Outbound(topics.STATES, state.process.encode(), body, envelope.headers())


def decode_state(record: Record) -> RoleState:
    """Read a state.

    Raises: MalformedMessage
    """
    try:
        return RoleState.model_validate_json(record.value or b"")
    except ValidationError as error:
        raise MalformedMessage(where(error)) from None
