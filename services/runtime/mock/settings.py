"""Settings of the mock agencies: development only, a production setting refuses them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.words import AgencyCode
from services.runtime.mock.answers import Delays
from services.runtime.mock.faults import Fault


class MockSettings(BaseSettings):
    """Settings of the role `mock-agencies`."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_MOCK_", frozen=True)

    production: bool = Field(default=False, validation_alias="CHAKONG_PRODUCTION", description="refuses to start if true")
    host: str = Field(default="127.0.0.1", description="address the mock agencies bind")
    port: int = Field(default=0, description="port of the mock agencies; 0: a free one")
    seed: int = Field(default=1, description="seed of the register and of fault draws")
    ledger_dir: Path | None = Field(default=None, description="folder of the effect ledger; without it a restart forgets")
    most_cached: int = Field(default=10_000, ge=1, description="(agency, subject) pairs whose holdings stay in memory")
    most_kept: int = Field(default=5_000, ge=1, description="answers of slow agencies in one generation; two are kept")
    odd_share: float = Field(default=0.03, ge=0, le=1, description="share of subjects whose entries are written with one odd telling field")
    status_s: float = Field(default=0.2, description="until an agency that is asked for the status has the answer")
    callback_s: float = Field(default=0.5, description="until an agency that calls back does so")
    manual_s: float = Field(default=2 * 86_400.0, description="until an agency that works by hand has the answer")
    faults: Mapping[AgencyCode, tuple[Fault, ...]] = Field(default={}, description="JSON: faults from the start, by agency")

    @property
    def delays(self) -> Delays:
        """Return how long agencies take that do not answer at once."""
        return Delays(self.status_s, self.callback_s, self.manual_s)

    @model_validator(mode="after")
    def _never_in_production(self) -> Self:
        if self.production:
            raise ValueError("the mock agencies refuse to start in production")
        return self
