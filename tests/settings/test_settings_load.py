"""Wrong settings are told in one line; secrets never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import settings
from settings import Role, SettingsError


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OKR_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OKR_PG_PORT", "x", "OKR_PG_PORT='x': must be a whole number"),
        ("OKR_PG_PORT", "70000", "OKR_PG_PORT='70000': Input should be less than or equal to 65535"),
        ("OKR_PG_DATABASE", "Not A Name", "OKR_PG_DATABASE='Not A Name': String should match pattern"),
        ("OKR_KAFKA_PORT", "x", "OKR_KAFKA_PORT='x': must be a whole number"),
        ("OKR_KAFKA_BOOTSTRAP", "broker", "OKR_KAFKA_BOOTSTRAP='broker': must be host:port"),
        ("OKR_AS_OF", "soon", "OKR_AS_OF='soon': must be a date, YYYY-MM-DD"),
        ("OKR_TIMEZONE", "Mars", "OKR_TIMEZONE='Mars': must be an IANA time zone name"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OKR_PG_PROT", "OKR_PG_PROT: no such setting; did you mean OKR_PG_PORT?"),
        (
            "OKR_PG_LOADER_PASWORD",
            "OKR_PG_LOADER_PASWORD: no such setting; did you mean OKR_PG_LOADER_PASSWORD?",
        ),
        ("OKR_WEATHER", "OKR_WEATHER: no such setting; unset it, or see .env.example"),
    ],
)
def test_a_variable_nobody_reads_is_told_with_the_one_it_is_most_like(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "canary")
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert str(caught.value) == words


def test_what_is_passed_on_to_kafka_and_the_connectors_is_no_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OKR_KAFKA_SASL_USERNAME", "OKR_KAFKA_SSL_CA_LOCATION", "OKR_INGESTION_TASKS_MAX"):
        monkeypatch.setenv(name, "1")
    settings.load()


def test_kafka_takes_what_env_says_and_an_exported_variable_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / ".env"
    written.write_text("OKR_KAFKA_SASL_USERNAME=written\nOKR_KAFKA_SASL_PASSWORD=written\n")
    monkeypatch.setattr("settings.variables.ENV_FILE", written)
    monkeypatch.setenv("OKR_KAFKA_SASL_USERNAME", "exported")
    client = settings.load().kafka.client_config()
    assert (client["sasl.username"], client["sasl.password"]) == ("exported", "written")


def test_all_problems_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"OKR_PG_PORT": "a", "OKR_KAFKA_PORT": "b", "OKR_AS_OF": "c"}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert [name for name in wrong if f"{name}=" in str(caught.value)] == list(wrong)


def test_a_password_stays_out_of_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_PG_ANALYST_PASSWORD", "canary")
    config = settings.load()
    assert "canary" not in repr(config)
    assert "canary" not in config.postgres.public_address(Role.ANALYST)
    assert "canary" in config.postgres.conninfo(Role.ANALYST)


def test_a_port_moves_the_embedded_broker_and_an_address_makes_it_external(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OKR_KAFKA_PORT", "20000")
    config = settings.load().kafka
    assert (config.bootstrap, config.is_embedded) == ("127.0.0.1:20000", True)
    monkeypatch.setenv("OKR_KAFKA_BOOTSTRAP", "kafka.example.org:9092")
    monkeypatch.setenv("OKR_KAFKA_SASL_MECHANISM", "PLAIN")
    config = settings.load().kafka
    assert not config.is_embedded
    assert config.client_config() == {
        "bootstrap.servers": "kafka.example.org:9092",
        "sasl.mechanism": "PLAIN",
    }


def test_a_host_makes_postgres_external(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load().postgres.is_embedded
    monkeypatch.setenv("OKR_PG_HOST", "db.example.org")
    assert not settings.load().postgres.is_embedded


def test_the_home_of_root_can_be_entered_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert settings.load().home.is_relative_to("/var/lib")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert settings.load().home == settings.ROOT / ".okr"


def test_an_as_of_date_is_taken_and_today_is_the_organisations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OKR_AS_OF", "2026-03-31")
    assert settings.load().resolved_as_of().isoformat() == "2026-03-31"
    monkeypatch.delenv("OKR_AS_OF")
    monkeypatch.setenv("OKR_TIMEZONE", "Pacific/Kiritimati")
    ahead = settings.load().resolved_as_of()
    monkeypatch.setenv("OKR_TIMEZONE", "Pacific/Niue")
    assert ahead > settings.load().resolved_as_of()


def test_data_may_lie_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OKR_DATA", str(tmp_path / "with space"))
    assert settings.load().data == tmp_path / "with space"
