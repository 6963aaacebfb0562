"""Since when a command is unanswered, what is due by agency, and what the roles tell of themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TO_SEND, _LATE = "outcome IS NULL", "outcome = 'overdue' AND agency_ref IS NOT NULL"


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("tasks", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True,
                                     comment="since when a sent command is unanswered; null: none is under way"))
    op.add_column("tasks", sa.Column("suspended_since", sa.DateTime(timezone=True), nullable=True,
                                     comment="since when its agency was not asked when the command came to it; null: it was asked"))
    op.create_index("tasks_to_send_by_agency", "tasks", ["agency", "next_attempt_at"], unique=False, postgresql_where=sa.text(_TO_SEND))
    op.create_index("tasks_late_by_agency", "tasks", ["agency", "next_attempt_at"], unique=False, postgresql_where=sa.text(_LATE))
    op.create_table("heartbeats",
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("detail", sa.Text(), nullable=False, comment="the kinds of asset a worker serves; empty: all, or not a worker"),
    sa.Column("process", sa.Text(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("idle_s", sa.Float(), nullable=False, comment="how long its main loop had not turned then"),
    sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="contracts.state.RoleState: breakers, replies in hand"),
    sa.PrimaryKeyConstraint("role", "detail", "process")
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("heartbeats")
    op.drop_index("tasks_late_by_agency", table_name="tasks", postgresql_where=sa.text(_LATE))
    op.drop_index("tasks_to_send_by_agency", table_name="tasks", postgresql_where=sa.text(_TO_SEND))
    for name in ("suspended_since", "asked_at"):
        op.drop_column("tasks", name)
