"""The table of messages that were set aside."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gateway.store.tables import metadata

_INSTANT = DateTime(timezone=True)

#: What `chakong.dead-letter.v1` carried, so that it can be listed, counted and sent again; kept as long as the topic keeps it.
dead_letters = Table(
    "dead_letters", metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("letter_id", Text, nullable=False, unique=True, comment="of what it says and where it came from: the same message, the same id"),
    Column("at", _INSTANT, nullable=False),
    Column("topic", Text, nullable=False, comment="where it came from, with partition and offset there"),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("reason", Text, nullable=False, comment="a code"),
    Column("detail", Text, nullable=False, comment="what is wrong, never what it says"),
    Column("action", Text),
    Column("agency", Text),
    Column("task_id", Text),
    Column("controls", Boolean, nullable=False, comment="a command that may change what an agency holds"),
    Column("whole", Boolean, nullable=False, comment="false: it was cut, and cannot be sent again"),
    Column("redrives", SmallInteger, nullable=False, comment="how often it had been sent again before"),
    Column("key", LargeBinary),
    Column("value", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("headers", JSONB, nullable=False, comment="those it came with, in base64"),
    Column("state", Text, nullable=False, comment="open, due, redriven, quarantined"),
    Column("asked_by", Text, comment="who wanted it sent again first, where two persons are needed"),
    Column("changed_by", Text, comment="who had it sent again, or put it into quarantine"),
    Column("changed_at", _INSTANT),
    Index("dead_letters_open", "reason", "seq", postgresql_where=text("state = 'open'")),
    Index("dead_letters_due", "seq", postgresql_where=text("state = 'due'")),
    Index("dead_letters_by_age", "at"),
)
