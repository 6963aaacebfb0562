"""Settings of the agency side's roles: read once, passed down. A secret has no default: the start fails by its name."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_MIB = 1024 * 1024


class WorkerSettings(BaseSettings):
    """Settings of one worker process."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_", frozen=True)

    asset_types: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="asset types this worker serves, comma separated; empty: all")
    production: bool = Field(default=False, description="refuse what only development needs")
    signing_key: SecretStr = Field(min_length=32,
        description="key that call-back addresses are signed with, 32 characters or more")
    callback_base_url: str = Field(description="where agencies reach the role `callbacks`")
    mock_agencies_url: str = Field(default="",
        description="base URL of the agencies without an endpoint (development)")
    content_base_url: str = Field(default="",
        description="the only address documents are fetched and turns taken from; empty: where a command says (development)")
    credentials: dict[str, SecretStr] = Field(
        default={}, description="JSON: the Authorization header by `credentials_ref` of the agency directory")
    budget_s: float = Field(default=20.0, description="no retry of an agency call begins later than this")
    most_attempts: int = Field(default=3, ge=1, description="most tries of one agency call")
    retry_pause_s: float = Field(default=0.2, description="pause before the first retry; it doubles, with jitter")
    young_calls: int = Field(default=128, ge=1, description="most calls that begin at once, over all agencies")
    young_s: float = Field(default=0.5, gt=0, description="a call that waits longer for its agency does not count there")
    response_cap_bytes: int = Field(default=16 * _MIB, description="longest answer taken from an agency")
    content_cache_bytes: int = Field(default=64 * _MIB, description="documents kept in memory")
    lane_waiting: int = Field(default=2_000, description="most commands that wait for one agency")
    all_waiting: int = Field(default=20_000,
        description="commands waiting for all agencies from which on a lane gets only few")
    lane_wait_s: float = Field(default=60.0, description="a command that waited longer goes back as `busy`")
    linger_s: float = Field(default=0.001, description="longest wait for company of a batch, under load")
    poll_records: int = Field(default=500, description="most messages of one poll")
    breaker_failures: int = Field(default=5, ge=1,
        description="failed calls in a row after which an agency is not called")
    breaker_silent_s: float = Field(default=15.0,
        description="a call that waited so long, while no other was answered, is enough for that")
    breaker_pause_s: float = Field(default=5.0,
        description="first pause of an agency that is not called; it doubles")
    breaker_most_pause_s: float = Field(default=60.0, description="longest such pause")
    deferral_s: float = Field(default=5.0,
        description="first pause before the gateway asks again; it doubles with each attempt")
    most_deferral_s: float = Field(default=600.0, description="longest such pause")
    expired_after_s: float = Field(default=60.0, description="how long after its deadline the answer to a call that began in time is waited for")
    bug_pause_s: float = Field(default=0.1,
        description="pause before a message that met a bug is tried again; it doubles")
    dead_letter_window: int = Field(default=1_000,
        description="when most of so many messages are dead letters, reading stops")
    dead_letter_pause_s: float = Field(default=300.0, description="how long reading then stops")
    revoke_within_s: float = Field(default=5.0,
        description="how long calls in flight may take before their partitions go to another worker")
    stop_within_s: float = Field(default=5.0, description="how long calls in flight may take when the role ends")

    @field_validator("asset_types", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.production and (self.mock_agencies_url or not self.content_base_url):
            raise ValueError("in production content_base_url is set and mock_agencies_url is not")
        return self


class CallbackSettings(BaseSettings):
    """Settings of the role that takes agencies' call-backs."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_", frozen=True)

    signing_key: SecretStr = Field(min_length=32,
        description="key that call-back addresses are signed with, 32 characters or more")
    callback_host: str = Field(default="127.0.0.1", description="address the call-back server binds")
    callback_port: int = Field(default=0, description="port of the call-back server; 0: a free one")
    callback_cap_bytes: int = Field(default=16 * _MIB, description="longest body of a call-back")
    callback_body_s: float = Field(default=10.0, description="how long the body of a call-back may take to arrive")
    linger_s: float = Field(default=0.001, description="longest wait for company of a batch, under load")
    deferral_s: float = Field(default=5.0,
        description="first pause before the gateway asks again; it doubles with each attempt")
    most_deferral_s: float = Field(default=600.0, description="longest such pause")
