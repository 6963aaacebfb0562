"""Settings of whoever starts roles: where things are on this machine, what time it is, and whether this is production."""

from datetime import datetime
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.clock import CHINA

#: The agencies that come with Chakong: all simulated.
SHIPPED_AGENCIES = Path(__file__).parent / "agencies.yaml"

#: When a clock may start: since the law of today is in force, and far from the end of the years that a case number may name.
_YEARS = range(2021, 2100)


class DeploySettings(BaseSettings):
    """What a process is told before it knows its roles."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_", frozen=True)

    production: bool = Field(default=False, description="nothing embedded, whatever CHAKONG_EMBEDDED says")
    embedded: bool = Field(default=True, description="start the servers and make the secrets that the environment does not name")
    data_dir: Path = Field(default=Path(".chakong"), description="folder that holds everything embedded")
    clock_start: datetime | None = Field(default=None, description="RFC 3339 instant (China's without a zone) at which the clock of a data folder starts; refused in production")
    end_within_s: float = Field(default=8.0, ge=3, description="a process that is told to end has ended after so long, whatever is away or hangs")
    clock_skew_s: float = Field(default=0.0, description="development: how far this process's own clock is wrong, in seconds; refused in production")
    clock_skew_after_s: float = Field(default=0.0, ge=0, description="development: so long after its start it becomes wrong")
    metrics_port: int | None = Field(default=None, description="port where this process answers /healthz, /readyz and /metrics, besides the API's own")
    metrics_host: str = Field(default="127.0.0.1", description="address that port binds; 0.0.0.0 in a container")
    law_overrides: Path = Field(default=Path(__file__).parent / "law-overrides.yaml", description="what courts set for themselves in the legal table")
    court_policies: Path = Field(default=Path(__file__).parent / "court-policies.yaml", description="tolerance, order and terms of each court")
    agencies: Path = Field(default=SHIPPED_AGENCIES, description="the agency directory file")
    courts: Path | None = Field(default=None, description="a file of courts beside those that come with Chakong, or in their place")

    @field_validator("clock_start", mode="before")
    @classmethod
    def _starts_the_clock(cls, written: object, info: ValidationInfo) -> datetime | None:
        if written in (None, ""):
            return None
        if info.data.get("production"):
            raise ValueError("the clock refuses to be set in production")
        return instant_of(str(written))

    @field_validator("clock_skew_s")
    @classmethod
    def _is_wrong(cls, skew_s: float, info: ValidationInfo) -> float:
        if skew_s and info.data.get("production"):
            raise ValueError("the clock refuses to be set in production")
        return skew_s

    @property
    def fills_in(self) -> bool:
        """Tell whether what the environment leaves open is filled in; else a role fails by the name of what is missing."""
        return self.embedded and not self.production


def instant_of(written: str) -> datetime:
    """Read an instant; one without a zone is China's.

    Raises: ValueError that says what is expected
    """
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        instant = datetime.min  # noqa: DTZ901 - of no year that is taken
    if instant.year not in _YEARS:
        raise ValueError(f"expected an RFC 3339 instant of the years {_YEARS[0]} to {_YEARS[-1]}, such as 2026-11-23T09:00:00+08:00")
    return instant if instant.tzinfo else instant.replace(tzinfo=CHINA)
