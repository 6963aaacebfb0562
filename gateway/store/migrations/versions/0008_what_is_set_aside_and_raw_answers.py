"""Rows that a sweep could not handle, and agencies' answers as the bytes they came in."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_RAW = (
    ("raw_bytes", sa.LargeBinary(), "the agency's own answer as it came, or its beginning; kept when it is outside its protocol"),
    ("raw_media_type", sa.Text(), "its content type as it came"),
    ("raw_size", sa.BigInteger(), "bytes of the whole answer, of which raw_sha256 is; null: not known"),
    ("raw_kept_sha256", sa.Text(), "of raw_bytes"),
)
#: What is said of the column they take the place of, before and after.
_TEXT = ("the agency's own answer, kept when it is outside its protocol", "the agency's own answer as text, of rows from before raw_bytes")


def upgrade() -> None:
    """Bring the schema forward."""
    op.alter_column("tasks", "raw", existing_type=sa.Text(), existing_nullable=True, comment=_TEXT[1], existing_comment=_TEXT[0])
    op.create_table(
        "set_aside",
        sa.Column("kind", sa.Text(), nullable=False, comment="the sweep: command, overdue, term, warning, held, status, case"),
        sa.Column("object_id", sa.Text(), nullable=False, comment="task, control, or court and case"),
        sa.Column("reason", sa.Text(), nullable=False, comment="a code, never what a row says"),
        sa.Column("tries", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=False, comment="until when it is left out"),
        sa.PrimaryKeyConstraint("kind", "object_id"),
    )
    for name, kind, comment in _RAW:
        op.add_column("tasks", sa.Column(name, kind, nullable=True, comment=comment))


def downgrade() -> None:
    """Take the schema back."""
    for name, _, _ in reversed(_RAW):
        op.drop_column("tasks", name)
    op.drop_table("set_aside")
    op.alter_column("tasks", "raw", existing_type=sa.Text(), existing_nullable=True, comment=_TEXT[0], existing_comment=_TEXT[1])
