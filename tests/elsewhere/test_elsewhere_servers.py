"""The main job on a second Postgres and Kafka, with passwords and TLS; no secret is told anywhere."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

CANARY = "canary7"
DBT = str(Path(sys.executable).with_name("dbt"))
ALEMBIC = [str(Path(sys.executable).with_name("alembic")), "-c", "migrations/alembic.ini", "upgrade", "head"]
ASK_PAGES = """
from api.web import create_application
client = create_application().test_client()
secret = {"X-OKR-Proxy": "wrong"}
for path in ("/", "/sign-in", "/api/status", "/api/openapi.json", "/health", "/metrics", "/auth", "/none"):
    answer = client.get(path, headers=secret)
    print(path, answer.status_code, answer.headers, answer.get_data(as_text=True))
answer = client.post("/sign-in", data={"user_name": "vera", "password": "x"})
print(answer.status_code, answer.get_data(as_text=True))
"""
WRONG = f"{CANARY}wrong"


@pytest.fixture(scope="module")
def run(elsewhere: Any, small_sample: Path) -> dict[str, Any]:
    """Facts of the main job there."""
    done = elsewhere.place.call(
        "stack", "run", "--json", "--data", str(small_sample), "--as-of", "2026-05-20"
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert CANARY not in done.stdout + done.stderr
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


@pytest.fixture(scope="module")
def failures(elsewhere: Any, run: dict[str, Any]) -> dict[str, Any]:
    """Commands that must fail there, or ask for everything, by what is wrong with them."""
    place, closed = elsewhere.place, {"OKR_PG_PORT": "1"}
    calls = {
        "load: wrong password": lambda: place.call("stack", "load", OKR_PG_LOADER_PASSWORD=WRONG),
        "run: wrong admin password": lambda: place.call("stack", "run", OKR_PG_ADMIN_PASSWORD=WRONG),
        "run: no server": lambda: place.call("stack", "run", **closed),
        "load: wrong Kafka password": lambda: place.call("stack", "load", OKR_KAFKA_SASL_PASSWORD=WRONG),
        "load: unknown authority": lambda: place.call("stack", "load", PGSSLROOTCERT="/nowhere"),
        "sql: wrong password": lambda: place.call("stack", "sql", "select 1", OKR_PG_ANALYST_PASSWORD=WRONG),
        "sql: wrong statement": lambda: place.call("stack", "sql", "selekt"),
        "export: no server": lambda: place.call("stack", "export", "documents", **closed),
        "files: wrong password": lambda: place.call("stack", "files", "list", OKR_PG_LOADER_PASSWORD=WRONG),
        "quality: wrong password": lambda: place.call(
            "quality", "check", "--door", "raw", OKR_PG_QUALITY_PASSWORD=WRONG
        ),
        "score: wrong password": lambda: place.call("ml", "score", OKR_PG_ML_PASSWORD=WRONG),
        "train: wrong password": lambda: place.call("ml", "train", "--force", OKR_PG_ML_PASSWORD=WRONG),
        "dbt: wrong password": lambda: place.start(
            [DBT, "run", "-s", "dim_dates"], OKR_PG_TRANSFORMER_PASSWORD=WRONG
        ),
        "migrations: wrong password": lambda: place.start(ALEMBIC, OKR_PG_ADMIN_PASSWORD=WRONG),
        "user: wrong password": lambda: place.call("stack", "user", "list", OKR_PG_API_PASSWORD=WRONG),
    }
    with ThreadPoolExecutor(4) as pool:
        tasks = {name: pool.submit(call) for name, call in calls.items()}
        return {name: task.result() for name, task in tasks.items()}


def test_the_main_job_runs_on_other_servers(run: dict[str, Any], elsewhere: Any) -> None:
    assert run["outcome"] == "done"
    assert run["files"]["rows_loaded"] > 1000
    assert run["warehouse"]["failed"] == 0
    assert run["forecast"]["scored"] > 0
    assert "postgres external, kafka external" in run["stages"][0]["text"]
    home = Path(elsewhere.place.variables["OKR_HOME"])
    assert not (home / "postgres").exists() and not (home / "kafka").exists()


def test_each_failure_ends_with_one_line(failures: dict[str, Any]) -> None:
    for name, done in failures.items():
        assert done.returncode != 0, name
        if name.startswith(("dbt", "migrations")):
            continue  # programs of others, which say it their way
        said = (done.stdout + done.stderr).strip()
        assert "Traceback" not in said, f"{name}: {said[-2000:]}"
        errors = [line for line in said.splitlines() if line.startswith("Error: ")]
        assert name.startswith("run") or len(errors) == 1, f"{name}: {said[-2000:]}"


def test_no_secret_is_told_on_a_screen(failures: dict[str, Any], elsewhere: Any) -> None:
    for name, done in failures.items():
        assert CANARY not in done.stdout + done.stderr, name
    for words in (("status",), ("sql", "select 1"), ("files", "list"), ("export", "documents"), ("--help",)):
        done = elsewhere.place.call("stack", *words)
        assert CANARY not in done.stdout + done.stderr, words
    debug = elsewhere.place.start([DBT, "debug"])
    assert debug.returncode == 0, debug.stdout
    assert CANARY not in debug.stdout + debug.stderr


@pytest.mark.parametrize("changes", [{}, {"OKR_PG_API_PASSWORD": WRONG}], ids=["up", "refused"])
def test_no_page_tells_a_secret(changes: dict[str, str], elsewhere: Any, run: dict[str, Any]) -> None:
    done = elsewhere.place.start([sys.executable, "-c", ASK_PAGES], **changes)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 9
    assert CANARY not in done.stdout + done.stderr


def test_no_file_and_no_command_line_holds_a_secret(failures: dict[str, Any], elsewhere: Any) -> None:
    home = Path(elsewhere.place.variables["OKR_HOME"])
    written = [path for path in home.rglob("*") if path.is_file() and path.name != "secrets.json"]
    assert {"transform.log", "train.log", "index.html", "manifest.json"} <= {path.name for path in written}
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []
    assert [line for line in elsewhere.place.arguments_seen if CANARY in line] == []


def test_no_server_writes_a_secret_down(failures: dict[str, Any], elsewhere: Any) -> None:
    logs = elsewhere.logs()
    assert len(logs) >= 2
    told = {
        path.name: [line for line in path.read_text(errors="replace").splitlines() if CANARY in line]
        for path in logs
    }
    assert not any(told.values()), told
    variables = elsewhere.place.variables
    for database in ("okr", "mlflow"):
        stored = elsewhere.dumped(database)
        assert len(stored) > 10_000
        assert CANARY not in stored, database
    assert variables["OKR_PG_ADMIN_USER"] == "acme_admin"
