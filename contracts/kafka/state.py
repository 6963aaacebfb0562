"""What processes without a database tell of themselves, as messages: chakong.state.v1, key: the process."""

from datetime import datetime

from pydantic import ValidationError

from contracts.failures import MalformedMessage, NotAuthentic
from contracts.kafka import topics
from contracts.kafka.codec import Envelope, Outbound, Record
from contracts.kafka.replies import where
from contracts.signing import Keys
from contracts.state import STATE_TYPE, RoleState


def encode_state(state: RoleState, *, message_id: str, now: datetime) -> Outbound:
    """Write a state; those of a process stay in order."""
    envelope = Envelope(id=message_id, type=STATE_TYPE, source=f"/{state.role}", subject=state.process, time=now, correlation_id=state.process)
    body = state.model_dump_json(exclude_defaults=True).encode()
    return Outbound(topics.STATES, state.process.encode(), body, envelope.headers())


def decode_state(record: Record, keys: Keys) -> RoleState:
    """Read a state that a process of ours signed; nothing of another one is read.

    Raises: NotAuthentic, MalformedMessage
    """
    body = record.value or b""
    key = keys.verified(record.headers, body, STATE_TYPE)
    try:
        state = RoleState.model_validate_json(body)
    except ValidationError as error:
        raise MalformedMessage(where(error)) from None
    if key is not None and record.headers["ce_subject"] != state.process.encode():
        raise NotAuthentic("wrong_subject")
    return state
