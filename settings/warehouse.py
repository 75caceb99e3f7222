"""All settings of the warehouse together."""

from __future__ import annotations

import getpass
import hashlib
import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.errors import SettingsError
from settings.kafka import KafkaSettings
from settings.locations import ENV_FILE, ROOT
from settings.postgres import PostgresSettings, Role

__all__ = ["Settings", "load"]


class Settings(BaseSettings):
    """What the parts of the product need to know, read once from `OKR_*` variables."""

    model_config = SettingsConfigDict(env_prefix="OKR_", env_file=ENV_FILE, extra="ignore")

    home: Path = Field(
        default_factory=lambda: default_home(),
        description="Folder of everything the product writes beside the database: embedded servers, artifacts, logs.",
    )
    data: Path = Field(ROOT / "data" / "raw", description="Folder of the CSV files, a sub-folder per source instance.")
    as_of: date | None = Field(None, description="The date the numbers are asked for, YYYY-MM-DD. Unset: today.")
    timezone: str = Field("UTC", description="Time zone of business dates (an IANA name).")
    mlflow_tracking_uri: str | None = Field(None, description="MLflow server. Unset: a store in the same Postgres.")

    postgres: PostgresSettings = Field(default_factory=PostgresSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise ValueError("must be an IANA time zone name such as Europe/Oslo") from problem
        return name

    def resolved_as_of(self) -> date:
        """The as-of date: the one that was set, else today in the organisation's time zone."""
        return self.as_of or datetime.now(ZoneInfo(self.timezone)).date()

    def tracking_uri(self) -> str:
        """Address of the MLflow tracking store and registry."""
        return self.mlflow_tracking_uri or self.postgres.sqlalchemy_url(Role.ML, self.postgres.mlflow_database)


def default_home() -> Path:
    """`.okr` in the checkout; for root a folder of its own that an unprivileged Postgres can reach."""
    if os.geteuid() != 0:
        return ROOT / ".okr"
    mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    return Path("/var/lib/okr-warehouse") / f"{getpass.getuser()}-{mark}"


def load() -> Settings:
    """Read and check every setting.

    Raises SettingsError: one line a setting, with its name, its value (unless secret) and what is allowed.
    """
    try:
        return Settings()
    except ValidationError as problem:
        raise SettingsError("; ".join(_explain(problem))) from problem


def _explain(problem: ValidationError) -> list[str]:
    prefixes = {"PostgresSettings": "OKR_PG_", "KafkaSettings": "OKR_KAFKA_"}
    model = {"PostgresSettings": PostgresSettings, "KafkaSettings": KafkaSettings}.get(problem.title, Settings)
    lines = []
    for error in problem.errors():
        field = str(error["loc"][0])
        name = prefixes.get(problem.title, "OKR_") + field.upper()
        secret = SecretStr in getattr(model.model_fields[field].annotation, "__args__", ())
        value = "(hidden)" if secret else repr(error["input"])
        lines.append(f"{name}={value}: {error['msg'].removeprefix('Value error, ')}")
    return lines
