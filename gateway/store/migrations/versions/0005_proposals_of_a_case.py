"""Proposals to release are facts with a life, judged by case; what is to be looked at is a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: What was announced before stands until the first look at its case, which withdraws what stands no longer.
_CARRY_OVER = """
    INSERT INTO release_proposals (court_code, case_no, request_id, control_id, proposal, announced_at, from_version)
    SELECT c.court_code, c.case_no, o.request_id, c.control_id, o.proposal, o.announced_at,
        COALESCE((SELECT max(v.version) FROM report_versions v WHERE v.request_id = o.request_id AND v.made_at <= o.announced_at), 1)
    FROM announced_before o JOIN controls c ON c.control_id = o.proposal ->> 'control_id' ORDER BY o.announced_at"""
_LOOK_AT_ALL = """
    INSERT INTO excess_checks (court_code, case_no, asked_at)
    SELECT court_code, case_no, now() FROM controls
    WHERE state NOT IN ('refused', 'released', 'expired', 'lapsed', 'deducted', 'transferred', 'reversed')
    UNION SELECT court_code, case_no, now() FROM release_proposals"""


def upgrade() -> None:
    """Bring the schema forward."""
    op.rename_table("release_proposals", "announced_before")
    op.execute("ALTER INDEX release_proposals_pkey RENAME TO announced_before_pkey")
    op.create_table("release_proposals",
    sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column("court_code", sa.Text(), nullable=False, comment="whose case it is now: of a converted control not that of its request"),
    sa.Column("case_no", sa.Text(), nullable=False),
    sa.Column("request_id", sa.Text(), nullable=False, comment="that the control was ordered under"),
    sa.Column("control_id", sa.Text(), nullable=False),
    sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="contracts.report.ReleaseProposal"),
    sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("from_version", sa.Integer(), nullable=False, comment="the first report version of the request that shows it"),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="null: it stands"),
    sa.Column("until_version", sa.Integer(), nullable=True, comment="the first report version that shows it no more"),
    sa.ForeignKeyConstraint(["control_id"], ["controls.control_id"] ),
    sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"] ),
    sa.PrimaryKeyConstraint("seq")
    )
    op.create_index("proposals_by_request", "release_proposals", ["request_id"], unique=False)
    op.create_index("proposals_standing", "release_proposals", ["court_code", "case_no"], unique=False, postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.execute(_CARRY_OVER)
    op.drop_table("announced_before")
    op.drop_table("excess_checks")
    op.create_table("excess_checks",
    sa.Column("court_code", sa.Text(), nullable=False),
    sa.Column("case_no", sa.Text(), nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("court_code", "case_no")
    )
    op.execute(_LOOK_AT_ALL)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("excess_checks")
    op.create_table("excess_checks",
    sa.Column("request_id", sa.Text(), nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"] ),
    sa.PrimaryKeyConstraint("request_id")
    )
    op.drop_index("proposals_standing", table_name="release_proposals", postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.drop_index("proposals_by_request", table_name="release_proposals")
    op.rename_table("release_proposals", "standing_after")
    op.execute("ALTER INDEX release_proposals_pkey RENAME TO standing_after_pkey")
    op.create_table("release_proposals",
    sa.Column("request_id", sa.Text(), nullable=False),
    sa.Column("proposal_id", sa.Text(), nullable=False),
    sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="contracts.report.ReleaseProposal"),
    sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"] ),
    sa.PrimaryKeyConstraint("request_id", "proposal_id")
    )
    op.execute("INSERT INTO release_proposals SELECT request_id, proposal ->> 'proposal_id', proposal, announced_at FROM standing_after ON CONFLICT DO NOTHING")
    op.drop_table("standing_after")
