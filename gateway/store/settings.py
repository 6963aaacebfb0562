"""Where PostgreSQL is."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StoreSettings(BaseSettings):
    """Settings of the store."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_STORE_", frozen=True)

    database_url: str = Field(validation_alias="DATABASE_URL", description="postgresql+asyncpg://… or postgresql://…")
    pool_size: int = Field(default=10, description="connections of one role")
    connect_timeout_s: float = Field(default=5.0, description="how long opening a connection may take")
    statement_timeout_s: float = Field(default=30.0, description="how long one statement may take")
