"""Every service on a second Postgres and Kafka, with passwords and TLS; none of them tells a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.keeper.patience import patient
from stack.nginx_program import find_nginx
from stack.services import superset_server

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

CANARY = b"canary7"
KEEP_SECRETS = {
    "secrets.json",
    "services/supervisord.conf",
    "services/nginx/nginx.conf",
    "kafka_ui/kaskade.ini",
}
"""The files that are there to hold one."""
PATHS = (
    *("/", "/api/status", "/api/metrics", "/nowhere", "/docs/", "/quality/"),
    *("/airflow/api/v2/monitor/health", "/airflow/api/v2/config", "/airflow/api/v2/connections"),
    *("/airflow/api/v2/dags", "/airflow/api/v2/jobs", "/airflow/api/v2/importErrors"),
    *("/mlflow/server-info", "/mlflow/ajax-api/2.0/mlflow/experiments/search?max_results=5"),
    *("/bi/api/v1/me/", "/bi/api/v1/database/", "/bi/api/v1/database/1", "/bi/api/v1/database/1/connection"),
    *("/bi/superset/dashboard/okr-health/", "/kafka/"),
)
READS = {
    "/api/status",
    "/airflow/api/v2/monitor/health",
    "/airflow/api/v2/dags",
    "/bi/api/v1/database/1",
    "/kafka/",
}
"""Of these, what must answer well: it shows that a service reaches its server."""


@dataclass
class Standing:
    """The services, and everything they said."""

    home: Path
    place: Any
    status: dict[str, dict[str, Any]]
    pages: dict[str, httpx.Response] = field(default_factory=dict, repr=False)
    told: dict[str, str] = field(default_factory=dict, repr=False)


@pytest.fixture(scope="module")
def standing(
    elsewhere: Any,
    lacking: Callable[[str, str], None],
    ports: Callable[[int], list[int]],
    tmp_path_factory: Any,
) -> Iterator[Standing]:
    """`okr up` there, asked for pages as its admin, and `okr down`."""
    for name, is_there in (("superset", superset_server.ENVIRONMENT.exists()), ("nginx", bool(find_nginx()))):
        if not is_there:
            lacking(name, "not installed")
    place = elsewhere.place
    names = (
        "OKR_PORT",
        *(f"OKR_{name}_PORT" for name in ("AIRFLOW", "MLFLOW", "KAFKA_UI", "WORKER", "BACKEND")),
    )
    place.variables |= dict(zip(names, map(str, ports(len(names))), strict=True))
    place.variables["OKR_DATA"] = str(tmp_path_factory.mktemp("data"))
    done = place.call("stack", "up", "--json")
    try:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        told = json.loads(place.call("stack", "status", "--json").stdout)
        status = {entry["name"]: entry for entry in told["services"]}
        this = Standing(
            Path(place.variables["OKR_HOME"]), place, status, told={"up": done.stdout + done.stderr}
        )
        ask(this, json.loads(done.stdout)["url"])
        for words in (
            ("status",),
            *(("logs", name, "-n", "100000") for name in ("api", "superset", "worker")),
        ):
            answer = place.call("stack", *words)
            this.told[" ".join(words)] = answer.stdout + answer.stderr
        yield this
    finally:
        down = place.call("stack", "down")
    assert down.returncode == 0, down.stderr


def ask(this: Standing, url: str) -> None:
    """All pages, as the admin that `okr up` made."""
    password = (this.home / "admin-password").read_text().strip()
    with httpx.Client(
        base_url=url, auth=("admin", password), timeout=patient(60), follow_redirects=True
    ) as client:
        for path in PATHS:
            this.pages[path] = client.get(path)


def test_every_service_is_healthy_there(standing: Standing) -> None:
    states = {name: entry["health"] for name, entry in standing.status.items()}
    assert states.pop("postgres", "external") == states.pop("kafka", "external") == "external"
    assert len(states) >= 11
    assert set(states.values()) == {"healthy"}, states
    assert {path: standing.pages[path].status_code for path in READS} == dict.fromkeys(READS, 200)


def test_a_file_comes_through_there(standing: Standing, elsewhere: Any) -> None:
    path = Path(standing.place.variables["OKR_DATA"]) / "acme" / "cycles.csv"
    path.parent.mkdir()
    path.write_text("cycle_id,name,cadence,start_date,end_date\n1,Q1,quarter,2026-01-01,2026-03-31\n")
    found = standing.place.call("stack", "load", "--json")
    assert found.returncode == 0, found.stderr
    listed = standing.place.call("stack", "files", "list", "--json")
    (file,) = [one for one in json.loads(listed.stdout) if one["path"] == "acme/cycles.csv"]
    assert (file["status"], file["rows_loaded"]) == ("loaded", 1)


def test_no_page_and_no_command_tells_a_secret(standing: Standing) -> None:
    assert len(standing.pages) == len(PATHS)
    told = {path: answer.content + str(answer.headers).encode() for path, answer in standing.pages.items()}
    told |= {words: text.encode() for words, text in standing.told.items()}
    assert [where for where, content in told.items() if CANARY in content] == []


def test_no_file_no_command_line_and_no_table_holds_a_secret(standing: Standing, elsewhere: Any) -> None:
    # A build may be under way: what it is about to drop can't be dumped, and its logs are not whole.
    down = standing.place.call("stack", "down")
    assert down.returncode == 0, down.stderr
    home = standing.home
    written = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    assert len([name for name in written if name.startswith("logs/")]) >= 11
    holding = {name for name, path in written.items() if CANARY in path.read_bytes()}
    assert holding <= KEEP_SECRETS, holding
    assert [line for line in standing.place.arguments_seen if CANARY.decode() in line] == []
    for database in ("okr", "mlflow", "airflow", "superset"):
        stored = elsewhere.dumped(database)
        assert len(stored) > 10_000
        assert CANARY.decode() not in stored, database
    for log in elsewhere.logs():
        assert CANARY not in log.read_bytes(), log.name
