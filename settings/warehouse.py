"""All settings of the warehouse together."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.addresses import AddressSettings
from settings.errors import SettingsError
from settings.kafka import KafkaSettings
from settings.locations import ENV_FILE, ROOT
from settings.oracle import OracleSettings
from settings.postgres import PostgresSettings, Role
from settings.variables import unknown_variables

__all__ = ["GROUPS", "Settings", "fields_of", "load", "variable_names"]

ALLOWED = {
    "int_parsing": "must be a whole number",
    "date_from_datetime_parsing": "must be a date, YYYY-MM-DD",
    "date_from_datetime_inexact": "must be a date, YYYY-MM-DD",
}
Group = TypeVar("Group", bound=BaseSettings)


class Settings(BaseSettings):
    """What the parts of the product need to know, read once from `OKR_*` variables."""

    model_config = SettingsConfigDict(
        env_prefix="OKR_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore"
    )

    home: Path = Field(
        default_factory=lambda: default_home(),  # noqa: PLW0108 - it is defined further down
        description="Folder of what the product writes itself: embedded servers, artifacts, logs.",
    )
    data: Path = Field(
        ROOT / "data" / "raw", description="Folder of the CSV files, a sub-folder per source instance."
    )
    as_of: date | None = Field(
        None, description="The date the numbers are asked for, YYYY-MM-DD. Unset: today."
    )
    timezone: str = Field("UTC", description="Time zone of business dates (an IANA name).")
    mlflow_tracking_uri: str | None = Field(
        None, description="MLflow server. Unset: a store in the same Postgres."
    )

    dbt_target: Literal["postgres", "oracle"] = Field("postgres", description="Database dbt builds in.")

    postgres: PostgresSettings = Field(default_factory=PostgresSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    addresses: AddressSettings = Field(default_factory=AddressSettings)

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
        return self.mlflow_tracking_uri or self.postgres.sqlalchemy_url(
            Role.ML, self.postgres.mlflow_database
        )


GROUPS: tuple[type[BaseSettings], ...] = (
    Settings,
    AddressSettings,
    PostgresSettings,
    KafkaSettings,
    OracleSettings,
)


def variable_names() -> list[str]:
    """Every variable there is."""
    return [name for group in GROUPS for name, _ in fields_of(group)]


def fields_of(group: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    """Variable and definition of each setting of a group."""
    for name, field in group.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings)
        if not nested:
            yield f"{group.model_config.get('env_prefix', '')}{name}".upper(), field


def default_home() -> Path:
    """`.okr` in the checkout; for root a folder of its own that an unprivileged Postgres can reach."""
    if os.geteuid() != 0:
        return ROOT / ".okr"
    mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    return Path("/var/lib/okr-warehouse") / f"{getpass.getuser()}-{mark}"


def load() -> Settings:
    """Read and check every setting.

    Raises SettingsError: one line with each wrong setting, its value (unless secret) and what is allowed,
    and each variable that is no setting, with the one it is most like.
    """
    problems = unknown_variables(variable_names())
    postgres = _read(PostgresSettings, problems)
    kafka = _read(KafkaSettings, problems)
    addresses = _read(AddressSettings, problems)
    complete = postgres and kafka and addresses
    nested = {"postgres": postgres, "kafka": kafka, "addresses": addresses} if complete else {}
    config = _read(Settings, problems, **nested) if nested else _read(_Own, problems)
    if problems or not isinstance(config, Settings):
        raise SettingsError("; ".join(problems))
    return config


class _Own(Settings):
    """The warehouse itself, read although other groups are wrong: all problems come at once."""

    dbt_target: Literal["postgres", "oracle"] = Field("postgres", description="Database dbt builds in.")

    postgres: PostgresSettings = Field(default_factory=PostgresSettings.model_construct)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings.model_construct)
    addresses: AddressSettings = Field(default_factory=AddressSettings.model_construct)


def _read(group: type[Group], problems: list[str], **values: Any) -> Group | None:
    """A group of settings; what is wrong with it is added to `problems`, and then it is None."""
    try:
        return group(**values)
    except ValidationError as error:
        problems += [line for line in (_explain(group, detail) for detail in error.errors()) if line]
        return None


def _explain(group: type[BaseSettings], detail: ErrorDetails) -> str | None:
    """One wrong setting in words; None where it is only wrong because another is."""
    if detail["type"] == "default_factory_not_called":
        return None
    if not detail["loc"]:
        return detail["msg"].removeprefix("Value error, ")
    field = str(detail["loc"][0])
    name = f"{group.model_config['env_prefix']}{field}".upper()
    secret = SecretStr in getattr(group.model_fields[field].annotation, "__args__", ())
    value = "(hidden)" if secret else repr(detail["input"])
    allowed = ALLOWED.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    return f"{name}={value}: {allowed}"
