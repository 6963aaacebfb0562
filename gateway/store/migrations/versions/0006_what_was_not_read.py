"""What of an answer was not read: items that cannot be, marks outside the items, and what operators are told of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("unreadable", "items that are there and cannot be read; null: none"),
    ("unread", "what was not read of the answer itself, outside its items; null: all was"),
    ("oddities", "field, code and form of what was not read, never what it said; null: nothing"),
)


def upgrade() -> None:
    """Bring the schema forward."""
    for name, comment in _COLUMNS:
        op.add_column("tasks", sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment=comment))
    op.create_index("tasks_read_oddly", "tasks", ["task_id"], unique=False, postgresql_where=sa.text("oddities IS NOT NULL"))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("tasks_read_oddly", table_name="tasks", postgresql_where=sa.text("oddities IS NOT NULL"))
    for name, _ in reversed(_COLUMNS):
        op.drop_column("tasks", name)
