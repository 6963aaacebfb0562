"""What was declared overdue before its deadline is found without looking through all that ever was overdue."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_EARLY = "outcome = 'overdue' AND agency_ref IS NULL"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("tasks_early", "tasks", ["answer_due_at"], unique=False, postgresql_where=sa.text(_EARLY))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("tasks_early", table_name="tasks", postgresql_where=sa.text(_EARLY))
