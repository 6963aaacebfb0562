"""When agencies were asked how controls stand, how closely each is watched, and when its end is warned of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("controls", sa.Column("status_asked_at", sa.DateTime(timezone=True), nullable=True, comment="when the agency was last asked how it stands"))
    op.execute("UPDATE controls SET status_asked_at = created_at")
    op.alter_column("controls", "status_asked_at", nullable=False)
    op.add_column("controls", sa.Column("watch", sa.Text(), nullable=True, comment="moving, steady; null: not asked about"))
    op.add_column("controls", sa.Column("warn_on", sa.Date(), nullable=True, comment="when the end of the term is warned of next"))
    op.execute("UPDATE controls SET watch = CASE state WHEN 'in_force' THEN 'steady' ELSE 'moving' END "
               "WHERE state IN ('in_force', 'partly_in_force', 'marked', 'waiting') AND (pending IS NULL OR in_doubt)")
    op.execute("UPDATE controls SET warn_on = until_on - 30 WHERE state IN ('in_force', 'partly_in_force', 'marked')")
    op.create_index("controls_to_ask", "controls", ["watch", "agency", "status_asked_at"], unique=False, postgresql_where=sa.text("watch IS NOT NULL"))
    op.create_index("controls_to_warn", "controls", ["warn_on"], unique=False, postgresql_where=sa.text("warn_on IS NOT NULL"))
    op.create_index("tasks_by_control", "tasks", ["control_id"], unique=False, postgresql_where=sa.text("control_id IS NOT NULL"))
    op.create_index("tasks_status", "tasks", ["control_id"], unique=True, postgresql_where=sa.text("action = 'status'"))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("tasks_status", table_name="tasks", postgresql_where=sa.text("action = 'status'"))
    op.drop_index("tasks_by_control", table_name="tasks", postgresql_where=sa.text("control_id IS NOT NULL"))
    op.drop_index("controls_to_warn", table_name="controls", postgresql_where=sa.text("warn_on IS NOT NULL"))
    op.drop_index("controls_to_ask", table_name="controls", postgresql_where=sa.text("watch IS NOT NULL"))
    for column in ("warn_on", "watch", "status_asked_at"):
        op.drop_column("controls", column)
