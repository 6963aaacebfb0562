"""Plans before orders, release proposals that were announced, and requests whose excess is to be looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table("control_plans",
    sa.Column("plan_id", sa.Text(), nullable=False),
    sa.Column("request_id", sa.Text(), nullable=False),
    sa.Column("court_code", sa.Text(), nullable=False),
    sa.Column("case_no", sa.Text(), nullable=False),
    sa.Column("state", sa.Text(), nullable=False, comment="open, executed, superseded"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="until when it reserves what it names"),
    sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("officer", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="who executed it"),
    sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="gateway.domain.plan.Plan"),
    sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="gateway.domain.court_policy.CourtPolicy"),
    sa.Column("release_documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"] ),
    sa.PrimaryKeyConstraint("plan_id")
    )
    op.create_index("plans_by_request", "control_plans", ["request_id"], unique=False)
    op.create_index("plans_open", "control_plans", ["court_code"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table("release_proposals",
    sa.Column("request_id", sa.Text(), nullable=False),
    sa.Column("proposal_id", sa.Text(), nullable=False),
    sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="contracts.report.ReleaseProposal"),
    sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"] ),
    sa.PrimaryKeyConstraint("request_id", "proposal_id")
    )
    op.create_table("excess_checks",
    sa.Column("request_id", sa.Text(), nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"] ),
    sa.PrimaryKeyConstraint("request_id")
    )
    op.create_index("controls_by_case", "controls", ["court_code", "case_no"], unique=False)
    op.create_index("controls_by_asset", "controls", ["court_code", "asset_id"], unique=False)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("controls_by_asset", table_name="controls")
    op.drop_index("controls_by_case", table_name="controls")
    op.drop_table("excess_checks")
    op.drop_table("release_proposals")
    op.drop_index("plans_open", table_name="control_plans", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("plans_by_request", table_name="control_plans")
    op.drop_table("control_plans")
