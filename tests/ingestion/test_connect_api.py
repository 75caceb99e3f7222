"""Kafka Connect's REST API: statuses and shapes as a real worker answered them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import settings
from ingestion.worker_api import create_app
from ingestion.worker_service import WorkerService

# Recorded answer to our call of the same meaning. Only status, names and types are compared.
CALLS = {
    "001-root": ("GET", "/"),
    "004-connectors-trailing-slash": ("GET", "/connectors/"),
    "005-unknown-path": ("GET", "/nope"),
    "006-method-not-allowed": ("DELETE", "/connectors"),
    "052-get": ("GET", "/connectors/csv-source"),
    "053-get-404": ("GET", "/connectors/none"),
    "054-config": ("GET", "/connectors/csv-source/config"),
    "056-status": ("GET", "/connectors/csv-source/status"),
    "057-status-sink": ("GET", "/connectors/warehouse-sink/status"),
    "058-status-404": ("GET", "/connectors/none/status"),
    "060-tasks-404": ("GET", "/connectors/none/tasks"),
    "062-task-status": ("GET", "/connectors/csv-source/tasks/0/status"),
    "064-task-status-connector-404": ("GET", "/connectors/none/tasks/0/status"),
    "065-task-status-nonint": ("GET", "/connectors/csv-source/tasks/x/status"),
    "080-restart": ("POST", "/connectors/csv-source/restart"),
    "082-restart-onlyFailed": ("POST", "/connectors/csv-source/restart?onlyFailed=true"),
    "084-restart-404": ("POST", "/connectors/none/restart"),
    "088-task-restart-404": ("POST", "/connectors/csv-source/tasks/9/restart"),
    "089-task-restart-connector-404": ("POST", "/connectors/none/tasks/0/restart"),
    "090-pause": ("PUT", "/connectors/csv-source/pause"),
    "094-resume": ("PUT", "/connectors/csv-source/resume"),
    "096-pause-404": ("PUT", "/connectors/none/pause"),
    "097-resume-404": ("PUT", "/connectors/none/resume"),
}
# Keys differ from connector to connector: only that all is text is compared.
FREE = {"config"}


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    service = WorkerService(settings.load(), "http://127.0.0.1:8083")
    yield create_app(service).test_client()


def shape(value: Any) -> Any:
    """Names and types of a JSON value; of a list, of its first element."""
    if isinstance(value, dict):
        return {name: "text" if name in FREE else shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    # Nothing has been asked of a broker here: an id of its cluster is text, or not known.
    return "text" if value is None else type(value).__name__.replace("str", "text")


@pytest.mark.parametrize("name", CALLS)
def test_answers_are_those_of_a_real_worker(name: str, client: FlaskClient, shared_data: Path) -> None:
    recorded = json.loads((shared_data / "reference" / "connect-golden" / f"{name}.json").read_text())[
        "response"
    ]
    method, path = CALLS[name]
    answer = client.open(path, method=method)
    assert answer.status_code == recorded["status"]
    if recorded["body_kind"] == "empty":
        assert answer.data == b""
        return
    if name == "054-config":
        assert all(isinstance(value, str) for value in answer.json.values())
        assert answer.json["name"] == "csv-source"
        return
    if name == "004-connectors-trailing-slash":
        assert answer.json == ["csv-source", "warehouse-sink", "processed-updates", "signals"]
        return
    assert shape(answer.json) == shape(recorded["body"])
    if answer.status_code >= 400:
        words = recorded["body"]["message"].replace("src", "csv-source")
        assert answer.json == {"error_code": answer.status_code, "message": words}


def test_expand_takes_both_words_and_ignores_others(client: FlaskClient) -> None:
    answer = client.get("/connectors?expand=status&expand=info&expand=else").json
    assert set(answer["signals"]) == {"status", "info"}
    assert answer["signals"]["info"]["config"]["connector.class"].endswith("TableSourceConnector")
    assert answer["warehouse-sink"]["info"]["type"] == "sink"


def test_the_version_is_read_by_clients_that_split_it(client: FlaskClient) -> None:
    major, minor, *_ = client.get("/").json["version"].split(".")
    assert (int(major), int(minor)) == (4, 3)


def test_tasks_and_plugins_are_listed(client: FlaskClient) -> None:
    (task,) = client.get("/connectors/csv-source/tasks").json
    assert task["id"] == {"connector": "csv-source", "task": 0}
    assert all(isinstance(value, str) for value in task["config"].values())
    plugins = client.get("/connector-plugins").json
    assert {plugin["type"] for plugin in plugins} == {"source", "sink"}


def test_a_scan_is_asked_for_with_the_token_only(client: FlaskClient) -> None:
    assert client.post("/okr/scans", json={}).status_code == 401
    assert client.post("/okr/scans", json={}, headers={"Authorization": "Bearer x"}).status_code == 401
