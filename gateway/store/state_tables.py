"""The tables of what the mesh tells of itself: nothing here is a decision, and all of it may be lost."""

from sqlalchemy import Column, DateTime, Float, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from gateway.store.tables import metadata

__all__ = ["heartbeats", "metadata"]

#: One row a role of a process, written over every few seconds. Instants are the database's own, so that ages are of one clock.
heartbeats = Table(
    "heartbeats", metadata,
    Column("role", Text, primary_key=True),
    Column("detail", Text, primary_key=True, comment="the kinds of asset a worker serves; empty: all, or not a worker"),
    Column("process", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("idle_s", Float, nullable=False, comment="how long its main loop had not turned then"),
    Column("state", JSONB, nullable=False, comment="contracts.state.RoleState: breakers, replies in hand"),
)
