"""One source of truth: `.env.example` and profiles.yml say what the definitions say."""

from __future__ import annotations

import os
import re

import pytest
import yaml

from settings import ROOT, KafkaSettings, PostgresSettings
from settings.example import EXAMPLE, example_text
from settings.oracle import OracleSettings
from settings.variables import BETWEEN_PROCESSES
from settings.warehouse import variable_names

ENV_VAR = re.compile(r"env_var\('(OKR_\w+)'(?:, '([^']*)')?\)")


def profile_defaults() -> dict[str, str]:
    """Variable to default, of every env_var in profiles.yml."""
    return dict(ENV_VAR.findall((ROOT / "profiles.yml").read_text()))


OWN_CODE = ("airflow", "api", "ingestion", "ml", "quality", "settings", "stack", "superset")
WHOLE_NAME = re.compile(r"[\"'](OKR_[A-Z_]+[A-Z])[\"']")


def test_every_variable_the_code_reads_is_known() -> None:
    read = {
        name
        for folder in OWN_CODE
        for path in (ROOT / folder).rglob("*.py")
        for name in WHOLE_NAME.findall(path.read_text())
    }
    assert read - {*variable_names(), *BETWEEN_PROCESSES} == set()


def test_the_example_file_is_current() -> None:
    assert EXAMPLE.read_text() == example_text(), "python -m settings writes it anew"


def test_every_variable_dbt_reads_is_a_setting() -> None:
    read = set(profile_defaults())
    for path in (ROOT / "dbt_project" / "macros").rglob("*.sql"):
        read |= {name for name, _ in ENV_VAR.findall(path.read_text())}
    assert read - set(variable_names()) == set()


@pytest.mark.parametrize(
    ("prefix", "group"),
    [("OKR_PG_", PostgresSettings), ("OKR_ORACLE_", OracleSettings), ("OKR_KAFKA_", KafkaSettings)],
)
def test_profiles_have_the_defaults_of_the_settings(
    prefix: str,
    group: type[PostgresSettings] | type[OracleSettings] | type[KafkaSettings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("OKR_")]:
        monkeypatch.delenv(name)
    config = group(_env_file=None)  # type: ignore[call-arg]
    for name, default in profile_defaults().items():
        if name.startswith(prefix):
            value = getattr(config, name.removeprefix(prefix).lower())
            assert default == ("" if value is None else str(value)), name


def test_profiles_sign_in_as_the_transformer() -> None:
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text())["okr"]["outputs"]["postgres"]
    assert "OKR_PG_TRANSFORMER_USER" in profile["user"]
