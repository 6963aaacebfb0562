"""Settings of whoever starts roles: where things are on this machine, and whether this is production."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

#: The agencies that come with Chakong: all simulated.
SHIPPED_AGENCIES = Path(__file__).parent / "agencies.yaml"


class DeploySettings(BaseSettings):
    """What a process is told before it knows its roles."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_", frozen=True)

    production: bool = Field(default=False, description="nothing embedded, whatever CHAKONG_EMBEDDED says")
    embedded: bool = Field(default=True, description="start the servers and make the secrets that the environment does not name")
    data_dir: Path = Field(default=Path(".chakong"), description="folder that holds everything embedded")
    metrics_port: int | None = Field(default=None, description="port where this process gives its metrics, besides the API's /metrics")
    metrics_host: str = Field(default="127.0.0.1", description="address that port binds; 0.0.0.0 in a container")
    law_overrides: Path = Field(default=Path(__file__).parent / "law-overrides.yaml", description="what courts set for themselves in the legal table")
    court_policies: Path = Field(default=Path(__file__).parent / "court-policies.yaml", description="tolerance, order and terms of each court")
    agencies: Path = Field(default=SHIPPED_AGENCIES, description="the agency directory file")
    courts: Path | None = Field(default=None, description="a file of courts beside those that come with Chakong, or in their place")

    @property
    def fills_in(self) -> bool:
        """Tell whether what the environment leaves open is filled in; else a role fails by the name of what is missing."""
        return self.embedded and not self.production
