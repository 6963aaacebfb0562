"""Events of a court in the order they are published; what waits for a thing is found by the thing, whichever court holds it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_NEXT = sa.text("nextval('event_numbers')")


def upgrade() -> None:
    """Bring the schema forward; events from before keep no number, and the streams of courts begin after them."""
    _number_events()
    _place_events()
    _name_things()


def _number_events() -> None:
    op.execute("CREATE SEQUENCE event_numbers")
    op.add_column("request_events", sa.Column("event_no", sa.BigInteger(), nullable=True, comment="by which its place in the court's stream is given; null: older than those"))
    op.alter_column("request_events", "event_no", server_default=_NEXT)
    op.create_index("request_events_by_no", "request_events", ["event_no"], unique=True, postgresql_where=sa.text("event_no IS NOT NULL"))
    op.create_table(
        "announcements",
        sa.Column("event_no", sa.BigInteger(), server_default=_NEXT, nullable=False),
        sa.Column("court_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("event_no"))


def _place_events() -> None:
    op.create_table(
        "court_events",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("court_code", sa.Text(), nullable=False),
        sa.Column("event_no", sa.BigInteger(), nullable=False, comment="of request_events or announcements"),
        sa.PrimaryKeyConstraint("position"))
    op.create_index("court_events_by_court", "court_events", ["court_code", "position"], unique=False)
    for table in ("announcements", "court_events"):
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
    op.create_table(
        "event_cursors",
        sa.Column("name", sa.Text(), nullable=False, comment="placing, kafka"),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the last that was given, or that Kafka has"),
        sa.Column("event_no", sa.BigInteger(), nullable=False, comment="placing: the highest number seen"),
        sa.Column("holes", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="placing: numbers below it that were not there: first, last, until which transaction"),
        sa.Column("owner", sa.Text(), nullable=True, comment="kafka: who publishes"),
        sa.Column("leased_until", _INSTANT, nullable=True, comment="kafka: until when, by the database's clock"),
        sa.PrimaryKeyConstraint("name"))
    op.execute("INSERT INTO event_cursors (name, position, event_no, holes) VALUES ('placing', 0, 0, '[]'), ('kafka', 0, 0, '[]')")


def _name_things() -> None:
    op.add_column("controls", sa.Column("thing", sa.Text(), nullable=True, comment="keyed hash of agency and asset key, the same for every court; null: not known yet"))
    op.execute(
        "UPDATE controls c SET thing = convert_from(t.key, 'UTF8') FROM tasks t WHERE t.task_id = "
        "(SELECT task_id FROM tasks o WHERE o.control_id = c.control_id AND o.action <> 'status' ORDER BY task_id LIMIT 1) "
        "AND c.state IN ('requested', 'in_force', 'partly_in_force', 'marked', 'waiting')")
    op.create_index("controls_by_thing", "controls", ["thing"], unique=False, postgresql_where=sa.text("thing IS NOT NULL"))
    op.create_table(
        "freed_things",
        sa.Column("freed_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False, comment="which holds it no longer, or less of it"),
        sa.Column("freed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("freed_id"))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("freed_things")
    op.drop_index("controls_by_thing", table_name="controls", postgresql_where=sa.text("thing IS NOT NULL"))
    op.drop_column("controls", "thing")
    op.drop_table("event_cursors")
    op.drop_index("court_events_by_court", table_name="court_events")
    op.drop_table("court_events")
    op.drop_table("announcements")
    op.drop_index("request_events_by_no", table_name="request_events", postgresql_where=sa.text("event_no IS NOT NULL"))
    op.drop_column("request_events", "event_no")
    op.execute("DROP SEQUENCE event_numbers")
