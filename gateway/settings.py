"""Settings of the court side. Read once by whoever starts a role, passed down."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class GatewaySettings(BaseSettings):
    """What every role of the gateway is told; a secret has no default, so the start fails by its name."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_", frozen=True)

    signing_key: SecretStr = Field(min_length=32, description="secret behind topic keys, asset ids, claim checks and call-back references")
    token_public_key: str = Field(default="", description="PEM of the key that signs callers' tokens; empty refuses every caller")
    api_host: str = Field(default="127.0.0.1", description="address the REST edge binds; 0.0.0.0 in a container")
    api_port: int = Field(default=8080, description="port of the REST edge; 0: a free one")
    gateway_url: str = Field(default="http://127.0.0.1:8080", description="where agencies' adapters fetch documents from us")
    answer_within_s: float | None = Field(default=None, gt=0, description="development: every task is due after so many seconds")
    group_commit_linger_s: float = Field(default=0.002, description="longest wait for company of an accepted request")
    group_commit_most: int = Field(default=128, description="most requests in one commit")
    relay_linger_s: float = Field(default=0.001, description="longest wait for company of a command")
    relay_batch: int = Field(default=500, description="most commands sent together")
    relay_sweep_every_s: float = Field(default=0.25, description="how often the outbox is looked through")
    relay_lease_s: float = Field(default=2.0, description="how long a command stays with one relay")
    resend_after_s: float = Field(default=30.0, description="first wait for a reply before a command is sent again; doubles")
    in_flight_bytes: int = Field(default=64 * 1024 * 1024, description="most bytes of unanswered commands and expected replies in Kafka")
    aggregator_linger_s: float = Field(default=0.002, description="longest wait for company of a reply")
    aggregator_batch: int = Field(default=1000, description="most replies applied together")
    control_status_every_s: float | None = Field(
        default=None, gt=0, description="development: agencies are asked so often how controls stand, whatever their mode")
    reconcile_every_s: float = Field(
        default=7 * 24 * 3600.0, gt=0, description="how often the reconciliation asks about each control, while it stands and after it has ended")
    reconcile_ended_days: float = Field(default=90.0, ge=0, description="how long the reconciliation asks about a control that has ended")
    reconcile_look_every_s: float = Field(default=60.0, gt=0, description="how often the reconciliation looks for what is to be asked")
    reconcile_batch: int = Field(default=30, ge=1, le=500, description="most controls that one agency is asked about at one look of the reconciliation")
    excess_rest_s: float = Field(default=2.0, ge=0, le=30, description="how long a case rests after a change before its excess is looked at")
    turn_ask_s: float = Field(default=15.0, gt=0, description="how long a turn leaves for asking an agency that is not idempotent how a step stands")
    turn_grace_s: float = Field(default=30.0, gt=0, description="how long such an agency may still be at work on a call that was given up")
    schedule_every_s: float = Field(default=0.5, description="how often deadlines and terms are looked at")

    clock_every_s: float = Field(default=5.0, gt=0, description="how often the database is asked what time it is")
    clock_bound_s: float = Field(default=5.0, gt=0, description="how far clocks may differ before there is an alarm, and before a jump is not believed")
    clock_settle_s: float = Field(default=300.0, ge=0, description="how long a database clock that jumped must stand before deadlines are decided by it")
    clock_good_for_s: float = Field(default=600.0, gt=0, description="how long the time is counted on without the database")

    @property
    def secret(self) -> bytes:
        """Return the signing key as the 64 bytes at most that a keyed hash takes."""
        return self.signing_key.get_secret_value().encode()[:64]
