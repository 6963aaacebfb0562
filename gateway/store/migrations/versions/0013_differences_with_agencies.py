"""Differences with agencies, and when each control was last asked about by the reconciliation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_OPEN = sa.text("settled_at IS NULL")
_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "differences",
        sa.Column("difference_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="gateway.domain.reconciliation.Kind"),
        sa.Column("thing", sa.Text(), nullable=False, comment="on what they differ, the same each time"),
        sa.Column("found_by", sa.Text(), nullable=False, comment="status: asked by number; query: listed on an asset"),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("court_code", sa.Text(), nullable=False, comment="whose difference it is"),
        sa.Column("control_id", sa.Text(), nullable=True, comment="the control it is about; null: no control stands for it"),
        sa.Column("request_id", sa.Text(), nullable=False, comment="under which it was found; its stream tells of it"),
        sa.Column("subject", sa.SmallInteger(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("asset_type", sa.Text(), nullable=False),
        sa.Column("record", _JSON, nullable=False, comment="the asset as it was told of"),
        sa.Column("ours", _JSON, nullable=False),
        sa.Column("theirs", _JSON, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_as", sa.Text(), nullable=True, comment="the control that was made to stand for it"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="null: it is open"),
        sa.Column("settled_by", sa.Text(), nullable=True, comment="work card number; null: by itself"),
        sa.Column("settlement", _JSON, nullable=True, comment="reason and note"),
        sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"]),
        sa.PrimaryKeyConstraint("difference_id"),
    )
    _index_differences()
    op.add_column("controls", sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("'epoch'"),
                                        comment="when the reconciliation last asked about it, when it was ordered before that; infinity: no more"))
    op.create_index("controls_to_reconcile", "controls", ["agency", "reconciled_at"], unique=False,
                    postgresql_where=sa.text("reconciled_at < 'infinity'"))
    op.create_index("controls_by_number", "controls", ["request_no"], unique=False)
    op.create_index("tasks_reconciling", "tasks", ["control_id"], unique=True,
                    postgresql_where=sa.text("action = 'query' AND control_id IS NOT NULL"))


def _index_differences() -> None:
    op.create_index("differences_open", "differences", ["kind", "thing"], unique=True, postgresql_where=_OPEN)
    op.create_index("differences_by_thing", "differences", ["kind", "thing"], unique=False)
    op.create_index("differences_by_court", "differences", ["court_code", "difference_id"], unique=False)
    op.create_index("differences_by_control", "differences", ["control_id"], unique=False, postgresql_where=_OPEN)
    op.create_index("differences_by_asset", "differences", ["asset_id"], unique=False, postgresql_where=_OPEN)
    op.create_index("differences_adopted", "differences", ["adopted_as"], unique=False,
                    postgresql_where=sa.text("settled_at IS NULL AND adopted_as IS NOT NULL"))


def downgrade() -> None:
    """Take the schema back. Questions of the reconciliation go with it: they belong to a control, as no query did before."""
    op.execute("DELETE FROM tasks WHERE action = 'query' AND control_id IS NOT NULL")
    op.drop_index("tasks_reconciling", table_name="tasks", postgresql_where=sa.text("action = 'query' AND control_id IS NOT NULL"))
    op.drop_index("controls_by_number", table_name="controls")
    op.drop_index("controls_to_reconcile", table_name="controls", postgresql_where=sa.text("reconciled_at < 'infinity'"))
    op.drop_column("controls", "reconciled_at")
    op.drop_table("differences")
