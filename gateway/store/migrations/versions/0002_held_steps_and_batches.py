"""Steps that are held back, and steps on many controls at once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table("held_steps",
    sa.Column("control_id", sa.Text(), nullable=False),
    sa.Column("step", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="gateway.domain.follow_up.OrderedStep"),
    sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["control_id"], ["controls.control_id"] ),
    sa.PrimaryKeyConstraint("control_id")
    )
    op.create_table("control_batches",
    sa.Column("batch_id", sa.Text(), nullable=False),
    sa.Column("court_code", sa.Text(), nullable=False),
    sa.Column("action", sa.Text(), nullable=False),
    sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("batch_id")
    )
    op.create_table("control_batch_items",
    sa.Column("batch_id", sa.Text(), nullable=False),
    sa.Column("index", sa.Integer(), nullable=False),
    sa.Column("control_id", sa.Text(), nullable=False, comment="as it was named; there may be no such control"),
    sa.Column("task_id", sa.Text(), nullable=True, comment="null: refused, or held and sent later"),
    sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="why it was refused"),
    sa.ForeignKeyConstraint(["batch_id"], ["control_batches.batch_id"] ),
    sa.PrimaryKeyConstraint("batch_id", "index")
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("control_batch_items")
    op.drop_table("control_batches")
    op.drop_table("held_steps")
