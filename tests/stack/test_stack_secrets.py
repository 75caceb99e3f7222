"""Secrets are made once, for their owner only; the one URL stays where it is as long as it can."""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import fields
from pathlib import Path

import pytest

from settings import AddressSettings, PostgresSettings, Role, Settings
from stack import secrets
from stack.errors import StackError
from stack.services.address import choose_address, kept_address, public_address
from stack.services.registry import all_services


def config_of(home: Path, **addresses: object) -> Settings:
    return Settings(home=home, addresses=AddressSettings.model_validate(addresses))


def test_secrets_are_made_once_and_for_their_owner(tmp_path: Path) -> None:
    made = secrets.load(config_of(tmp_path))
    assert secrets.load(config_of(tmp_path)) == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(made.airflow_jwt) >= 64
    assert len(base64.urlsafe_b64decode(made.airflow_fernet)) == 32
    assert made.proxy not in repr(made)


def test_a_file_others_may_read_is_closed_and_a_missing_secret_added(tmp_path: Path) -> None:
    made = secrets.load(config_of(tmp_path))
    path = tmp_path / "secrets.json"
    kept = json.loads(path.read_text())
    del kept["superset"]
    path.write_text(json.dumps(kept))
    assert secrets.load(config_of(tmp_path)).session == made.session
    path.chmod(0o644)
    secrets.load(config_of(tmp_path))
    assert path.stat().st_mode & 0o777 == 0o600


def test_broken_secrets_are_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(StackError, match=r"secrets\.json' cannot be read"):
        secrets.load(config_of(tmp_path))
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_no_service_is_told_a_secret_on_its_command_line(tmp_path: Path) -> None:
    passwords = {f"{role.value}_password": "canary" for role in Role}
    postgres = PostgresSettings.model_validate({"host": "db.example.org", **passwords})
    made = secrets.Secrets(**{each.name: "canary" for each in fields(secrets.Secrets)})
    services = all_services(Settings(home=tmp_path, postgres=postgres), made)
    told = {service.name for service in services if "canary" in " ".join(service.environment.values())}
    assert told >= {"api", "mlflow", "superset", "airflow_api_server", "kafka_ui"}
    assert [service.name for service in services if "canary" in " ".join(service.command)] == []


def test_the_port_that_is_set_is_taken(tmp_path: Path) -> None:
    config = config_of(tmp_path, port=8443)
    assert (public_address(config).url, kept_address(config)) == (
        "http://127.0.0.1:8443",
        public_address(config),
    )


def test_a_chosen_port_stays_until_it_is_taken(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    first = choose_address(config)
    assert first.port == 80 or 8080 <= first.port < 8100
    assert choose_address(config) == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.port))
        other.listen()
        second = choose_address(config)
    assert second.port not in {first.port, 8081, 8083, 8085}
    assert public_address(config) == second


def test_a_changed_setting_moves_the_address(tmp_path: Path) -> None:
    choose_address(config_of(tmp_path, port=8088))
    assert kept_address(config_of(tmp_path, port=8089)) is None
    assert kept_address(config_of(tmp_path, port=8088, bind="0.0.0.0")) is None


def test_open_to_others_it_bears_the_machines_name(tmp_path: Path) -> None:
    url = choose_address(config_of(tmp_path, port=8088, bind="0.0.0.0")).url
    assert url == f"http://{socket.gethostname()}:8088"
