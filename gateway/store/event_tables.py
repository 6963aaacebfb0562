"""The tables of what courts are told: what is told beside the streams of requests, in which order, and how far Kafka has it."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from gateway.store.tables import metadata

_INSTANT = DateTime(timezone=True)

#: Append-only: what a court is told that is in no stream of a request of its own.
announcements = Table(
    "announcements", metadata,
    Column("event_no", BigInteger, primary_key=True, server_default=text("nextval('event_numbers')")),
    Column("court_code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", _INSTANT, nullable=False),
)

#: Append-only: the order in which courts are told. One writer at a time gives the positions, without a gap.
court_events = Table(
    "court_events", metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("court_code", Text, nullable=False),
    Column("event_no", BigInteger, nullable=False, comment="of request_events or announcements"),
    Index("court_events_by_court", "court_code", "position"),
)

#: Two rows: how far positions were given, and how far Kafka has what has one.
event_cursors = Table(
    "event_cursors", metadata,
    Column("name", Text, primary_key=True, comment="placing, kafka"),
    Column("position", BigInteger, nullable=False, comment="the last that was given, or that Kafka has"),
    Column("event_no", BigInteger, nullable=False, comment="placing: the highest number seen"),
    Column("holes", JSONB, nullable=False, comment="placing: numbers below it that were not there: first, last, until which transaction"),
    Column("owner", Text, comment="kafka: who publishes"),
    Column("leased_until", _INSTANT, comment="kafka: until when, by the database's clock"),
)

#: Things of which a measure let go, wholly or in part: the agency is asked about whoever waits for them. A row goes when all were asked.
freed_things = Table(
    "freed_things", metadata,
    Column("freed_id", BigInteger, Identity(always=True), primary_key=True),
    Column("agency", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("control_id", Text, nullable=False, comment="which holds it no longer, or less of it"),
    Column("freed_at", _INSTANT, nullable=False),
)
