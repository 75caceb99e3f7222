"""What the components are started with."""

from __future__ import annotations

import json
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

import settings
from settings.addresses import BEHIND
from stack import secrets
from stack.services import airflow_components
from stack.services.airflow_health import api_server_health, heartbeat_health
from stack.services.service import Service, UnhealthyError


@pytest.fixture
def services(
    okr_environment: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Service]:
    for name, value in {
        "OKR_HOME": str(tmp_path),
        "OKR_PORT": "24004",
        "OKR_PG_AIRFLOW_PASSWORD": "ge;heim %$'\" #1",
        "OKR_KAFKA_SASL_PASSWORD": "auch'ge\"heim",
    }.items():
        monkeypatch.setenv(name, value)
    config = settings.load()
    return {service.name: service for service in airflow_components.define(config, secrets.load(config))}


def test_there_are_four(services: dict[str, Service]) -> None:
    assert set(services) == {
        "airflow_api_server",
        "airflow_scheduler",
        "airflow_dag_processor",
        "airflow_triggerer",
    }
    assert all(service.needs == ("postgres", "kafka") for service in services.values())


def test_no_secret_is_on_a_command_line(services: dict[str, Service]) -> None:
    config = settings.load()
    known = secrets.load(config)
    hidden = [str(getattr(known, field.name)) for field in fields(known)] + ["heim"]
    for service in services.values():
        assert not [word for word in service.command for secret in hidden if secret in word]


def test_only_the_api_server_knows_the_proxy_s_secret(services: dict[str, Service]) -> None:
    """Tasks run the scheduler's environment: with the secret they could be anyone."""
    secret = secrets.load(settings.load()).proxy
    knowing = [name for name, service in services.items() if secret in service.environment.values()]
    assert knowing == ["airflow_api_server"]


def test_every_component_has_the_same_keys_and_addresses(services: dict[str, Service]) -> None:
    config = settings.load()
    port = config.addresses.behind("airflow")
    for service in services.values():
        found = service.environment
        assert found["AIRFLOW__API__HOST"] == "127.0.0.1"
        assert found["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:24004/airflow"
        assert (
            found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://127.0.0.1:{port}/airflow/execution/"
        )
        assert found["AIRFLOW__API_AUTH__JWT_SECRET"] == secrets.load(config).airflow_jwt
        assert found["OKR_MLFLOW_TRACKING_URI"].endswith(f":{config.addresses.behind('mlflow')}/mlflow")


def test_the_kafka_connection_holds_what_clients_start_from(services: dict[str, Service]) -> None:
    address = services["airflow_scheduler"].environment["AIRFLOW_CONN_KAFKA_DEFAULT"]
    extra = json.loads(parse_qs(urlsplit(address).query)["__extra__"][0])
    assert extra.items() >= settings.load().kafka.client_config().items()
    assert extra["sasl.password"] == "auch'ge\"heim"


def test_values_can_be_kept_by_supervisor(services: dict[str, Service]) -> None:
    """It knows no way to write a value that holds a line end, or both kinds of quotes."""
    for service in services.values():
        for value in service.environment.values():
            assert "\n" not in value
            assert not {"'", '"'} <= set(value)


def test_a_dead_component_is_said_to_be_dead(services: dict[str, Service]) -> None:
    config = settings.load()
    with pytest.raises(UnhealthyError, match="no answer on port"):
        api_server_health(config)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>every path has a page</html>", "not Airflow's health page"),
        (b"[]", "not Airflow's health page"),
        (b'{"status": "healthy", "metadatabase": {}}', "not Airflow's health page"),
        (b'{"status": "healthy", "metadatabase": {"status": "unhealthy"}}', "its database is unhealthy"),
        (
            b'{"status": "starting", "metadatabase": {"status": "healthy"}}',
            "its interface for tasks is starting",
        ),
    ],
)
def test_only_the_right_answer_is_healthy(
    body: bytes, reason: str, okr_environment: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OKR_BACKEND_PORT", str(server.server_port - BEHIND.index("airflow")))
        with pytest.raises(UnhealthyError, match=reason):
            api_server_health(settings.load())
        server.shutdown()


@pytest.mark.postgres
def test_a_heartbeat_nobody_wrote_is_none(warehouse: settings.Settings) -> None:
    with pytest.raises(UnhealthyError, match="its heartbeat cannot be read"):
        heartbeat_health(warehouse, "SchedulerJob")
