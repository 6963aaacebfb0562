"""Turns: one row a task that must not be done twice, with who may act for it and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "turns",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False, comment="counts up; who has an older number acts no more"),
        sa.Column("holder", sa.Text(), nullable=False, comment="the worker process that it was granted to"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="by the database's clock; given back: in the past"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.task_id"]),
        sa.PrimaryKeyConstraint("task_id"),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("turns")
