"""Settings of the REST edge. Read once by whoever starts the role, passed down."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """How the server behaves towards its callers."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_API_", frozen=True)

    head_deadline_s: float = Field(default=9.0, gt=0, description="how long the head of a call may take to arrive")
    body_deadline_s: float = Field(default=9.0, gt=0, description="how long the body of a call may take to arrive")
    keep_alive_s: int = Field(default=15, ge=1, description="how long an idle connection is kept")
    drain_s: int = Field(default=5, ge=1, description="how long calls under way may take when the role ends")
    most_connections: int = Field(default=12_000, ge=1, description="connections, idle ones too; beyond them 503")
    most_in_flight: int = Field(default=1_000, ge=1, description="calls worked on at once, streams apart; beyond them 503")
    most_streams: int = Field(default=5_000, ge=1, description="event streams at once; beyond them 503")
    heartbeat_s: float = Field(default=10.0, gt=0, le=15, description="how often a silent event stream says that it lives")
    audit_linger_s: float = Field(default=0.003, description="longest wait of an audit entry for company")
    court_most_in_flight: int = Field(default=500, ge=1, description="calls of one court worked on at once; beyond them 429")
    refuse_from_lag_s: float = Field(default=30.0, gt=0, description="requests are refused (429) while commands to most of whom they ask wait so long to be sent")
    refuse_all_from_lag_s: float = Field(default=600.0, gt=0, description="the same for courts that ask for little, and while Kafka is away")
    refuse_from_backlog: int = Field(default=2_000, ge=1, description="and so many commands wait to be sent")
    most_outbox_age_s: float = Field(default=60.0, description="age of the oldest unsent command that is told as degraded; not ready if no relay lives")
    most_unanswered_s: float = Field(default=120.0, description="age of the oldest unanswered command from which its kind is told as degraded")
    most_unapplied_s: float = Field(default=30.0, description="age of the oldest reply that is not applied from which its kind is told as degraded")
