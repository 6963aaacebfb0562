"""The table of differences with agencies; it shares the metadata of tables.py."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from gateway.store.tables import metadata

_INSTANT = DateTime(timezone=True)

#: A row each time that an agency and we differ on a thing: one that is open at most, found again it is only seen again.
differences = Table(
    "differences", metadata,
    Column("difference_id", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="gateway.domain.reconciliation.Kind"),
    Column("thing", Text, nullable=False, comment="on what they differ, the same each time"),
    Column("found_by", Text, nullable=False, comment="status: asked by number; query: listed on an asset"),
    Column("agency", Text, nullable=False),
    Column("court_code", Text, nullable=False, comment="whose difference it is"),
    Column("control_id", Text, comment="the control it is about; null: no control stands for it"),
    Column("request_id", Text, ForeignKey("requests.request_id"), nullable=False, comment="under which it was found; its stream tells of it"),
    Column("subject", SmallInteger, nullable=False),
    Column("asset_id", Text, nullable=False),
    Column("asset_type", Text, nullable=False),
    Column("record", JSONB, nullable=False, comment="the asset as it was told of"),
    Column("ours", JSONB, nullable=False),
    Column("theirs", JSONB, nullable=False),
    Column("found_at", _INSTANT, nullable=False),
    Column("last_seen_at", _INSTANT, nullable=False),
    Column("adopted_as", Text, comment="the control that was made to stand for it"),
    Column("settled_at", _INSTANT, comment="null: it is open"),
    Column("settled_by", Text, comment="work card number; null: by itself"),
    Column("settlement", JSONB, comment="reason and note"),
    Index("differences_open", "kind", "thing", unique=True, postgresql_where=text("settled_at IS NULL")),
    Index("differences_by_thing", "kind", "thing"),
    Index("differences_by_court", "court_code", "difference_id"),
    Index("differences_by_control", "control_id", postgresql_where=text("settled_at IS NULL")),
    Index("differences_by_asset", "asset_id", postgresql_where=text("settled_at IS NULL")),
    Index("differences_adopted", "adopted_as", postgresql_where=text("settled_at IS NULL AND adopted_as IS NOT NULL")),
)
