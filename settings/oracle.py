"""Where an Oracle database is, for dbt's target `oracle`."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.locations import ENV_FILE

__all__ = ["OracleSettings"]


class OracleSettings(BaseSettings):
    """Address and login of an Oracle database (`OKR_ORACLE_*`), read by profiles.yml."""

    model_config = SettingsConfigDict(
        env_prefix="OKR_ORACLE_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore"
    )

    host: str = Field("localhost", description="Host name.")
    port: int = Field(1521, ge=1, le=65535, description="Port of the listener.")
    service: str = Field("FREEPDB1", description="Service name.")
    database: str = Field("FREEPDB1", description="Name of the pluggable database.")
    user: str = Field("okr", description="Schema of the warehouse, which is its login.")
    password: SecretStr | None = Field(None, description="Password of that login.")
