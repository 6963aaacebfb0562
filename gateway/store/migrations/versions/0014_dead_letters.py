"""Messages that were set aside, so that they can be listed, counted and sent again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "dead_letters",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("letter_id", sa.Text(), nullable=False, comment="of what it says and where it came from: the same message, the same id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False, comment="where it came from, with partition and offset there"),
        sa.Column("partition", sa.Integer()),
        sa.Column("offset", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False, comment="a code"),
        sa.Column("detail", sa.Text(), nullable=False, comment="what is wrong, never what it says"),
        sa.Column("action", sa.Text()),
        sa.Column("agency", sa.Text()),
        sa.Column("task_id", sa.Text()),
        sa.Column("controls", sa.Boolean(), nullable=False, comment="a command that may change what an agency holds"),
        sa.Column("whole", sa.Boolean(), nullable=False, comment="false: it was cut, and cannot be sent again"),
        sa.Column("redrives", sa.SmallInteger(), nullable=False, comment="how often it had been sent again before"),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="those it came with, in base64"),
        sa.Column("state", sa.Text(), nullable=False, comment="open, due, redriven, quarantined"),
        sa.Column("asked_by", sa.Text(), comment="who wanted it sent again first, where two persons are needed"),
        sa.Column("changed_by", sa.Text(), comment="who had it sent again, or put it into quarantine"),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("letter_id"),
    )
    op.create_index("dead_letters_open", "dead_letters", ["reason", "seq"], postgresql_where=sa.text("state = 'open'"))
    op.create_index("dead_letters_due", "dead_letters", ["seq"], postgresql_where=sa.text("state = 'due'"))
    op.create_index("dead_letters_by_age", "dead_letters", ["at"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("dead_letters")
