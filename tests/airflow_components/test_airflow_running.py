"""The four components for real: started from their definitions, asked, killed, ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

import settings
from settings import ROOT
from stack import secrets
from stack.services import airflow_components
from stack.services.service import Service, UnhealthyError

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

DAGS = """
from datetime import datetime
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from okr_assets import FILES_PUBLISHED

with DAG("on_files", schedule=[FILES_PUBLISHED], start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="note", bash_command="true")
with DAG("by_hand", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="note", bash_command="echo mark-$((40+2)); echo ${OKR_PROXY_SECRET:-unknown}")
with DAG("long", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="wait", bash_command="cd {marks}; test -e second && exit; touch second; sleep 601")
"""


class Airflow:
    """The components as processes of this test, each the leader of a group, as supervisor has them."""

    def __init__(self, config: settings.Settings, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self.secrets = secrets.load(config)
        self.services = {each.name: each for each in airflow_components.define(config, self.secrets)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{config.addresses.behind('airflow')}/airflow", timeout=30
        )
        self.dags = {"AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags")}
        (folder / "dags").mkdir()
        (folder / "dags" / "trial.py").write_text(DAGS.replace("{marks}", str(folder)))

    def start(self, name: str) -> None:
        service = self.services[name]
        if service.prepare:
            service.prepare()
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                service.command,
                env=os.environ
                | service.environment
                | {"AIRFLOW__CORE__DAGS_FOLDER": str(self.folder / "dags")},
                cwd=service.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def until_healthy(self) -> float:
        began = time.monotonic()
        for service in self.services.values():
            self.until(lambda service=service: is_healthy(service), 200, service.name)
        return time.monotonic() - began

    def until(self, done: Callable[[], Any], seconds: float, what: str) -> Any:
        ends = time.monotonic() + seconds
        while not (found := done()):
            if time.monotonic() > ends:
                pytest.fail(f"{what}: not within {seconds} s\n{self.words()}")
            time.sleep(0.5)
        return found

    def words(self) -> str:
        return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in self.folder.glob("*.log"))

    def ask(self, role: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"X-Okr-User": f"{role}-jo", "X-Okr-Role": role, "X-Okr-Proxy-Secret": self.secrets.proxy}
        return self.http.request(method, path, headers=headers, json=body)

    def runs(self, dag: str, state: str) -> list[dict[str, Any]]:
        answer = self.ask("viewer", "GET", f"/api/v2/dags/{dag}/dagRuns")
        found = answer.json().get("dag_runs", []) if answer.status_code == 200 else []
        return [run for run in found if run["state"] == state]

    def signal(self, count: int) -> None:
        producer = Producer(self.config.kafka.client_config())
        row = {"outbox_id": 1, "signal": "file_published", "payload": {"dataset": "check_ins"}}
        for _ in range(count):
            producer.produce("okr_signals", json.dumps(row).encode(), "file_published")
        assert producer.flush(60) == 0

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait()

    def stop(self) -> None:
        for signal_, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
            for process in self.running.values():
                try:
                    os.killpg(process.pid, signal_)
                except ProcessLookupError:
                    continue
            ends = time.monotonic() + patience
            while self.left() and time.monotonic() < ends:
                for process in self.running.values():
                    process.poll()
                time.sleep(0.2)

    def left(self) -> list[psutil.Process]:
        groups = {process.pid for process in self.running.values()}
        return [process for process in psutil.process_iter() if group_of(process) in groups]


def group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def is_healthy(service: Service) -> bool:
    try:
        service.health()
    except UnhealthyError:
        return False
    return True


def sleeps() -> list[psutil.Process]:
    return [
        process for process in psutil.process_iter(["cmdline"]) if "601" in (process.info["cmdline"] or [])
    ]


@pytest.fixture(scope="module")
def airflow(
    warehouse: settings.Settings, broker: settings.Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Airflow]:
    changes = pytest.MonkeyPatch()
    changes.setenv("OKR_BACKEND_PORT", "24310")
    changes.setenv("OKR_PORT", "24304")
    # What the tests' own process reads of Airflow is not for the components.
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        changes.delenv(name)
    made = Airflow(settings.load(), tmp_path_factory.mktemp("airflow"))
    topics = AdminClient(made.config.kafka.client_config())
    if "okr_signals" not in topics.list_topics(timeout=10).topics:
        topics.create_topics([NewTopic("okr_signals", 1, 1)])["okr_signals"].result(20)
    try:
        for name in made.services:
            made.start(name)
        print(f"healthy after {made.until_healthy():.1f} s")
        made.until(
            lambda: made.ask("viewer", "GET", "/api/v2/dags").json()["total_entries"] == 3,
            60,
            "DAGs are read",
        )
        yield made
    finally:
        made.stop()
        changes.undo()
    assert made.left() == []


def test_viewers_look_and_operators_start(airflow: Airflow) -> None:
    start = ("POST", "/api/v2/dags/by_hand/dagRuns", {"logical_date": None})
    pause = ("PATCH", "/api/v2/dags/by_hand", {"is_paused": False})
    variable = ("POST", "/api/v2/variables", {"key": "k", "value": "v"})
    assert [airflow.ask("viewer", *each).status_code for each in (start, pause, variable)] == [403, 403, 403]
    assert airflow.ask("operator", *pause).status_code == 200
    assert airflow.ask("operator", *start).status_code == 200
    assert airflow.ask("viewer", "GET", "/ui/auth/me").json()["username"] == "viewer-jo"
    assert airflow.ask("admin", *start).status_code == 200
    airflow.until(lambda: len(airflow.runs("by_hand", "success")) == 2, 90, "tasks run")


def test_a_task_s_log_is_read_and_tasks_do_not_know_the_proxy_s_secret(airflow: Airflow) -> None:
    run = airflow.until(lambda: airflow.runs("by_hand", "success"), 90, "a run")[0]["dag_run_id"]
    log = airflow.ask("viewer", "GET", f"/api/v2/dags/by_hand/dagRuns/{run}/taskInstances/note/logs/1").text
    assert "mark-42" in log
    assert "unknown" in log
    assert airflow.secrets.proxy not in log


@pytest.mark.parametrize("path", ["/", "/api/v2/dags", "/ui/auth/me", "/docs", "/static/favicon.ico"])
def test_without_the_proxy_nobody_is_let_in(airflow: Airflow, path: str) -> None:
    spoofed = {"X-Okr-User": "ada", "X-Okr-Role": "admin", "X-Okr-Proxy-Secret": "guess"}
    assert airflow.http.get(path).status_code == 401
    assert airflow.http.get(path, headers=spoofed).status_code == 401


def test_tasks_interface_asks_for_a_task_s_token(airflow: Airflow) -> None:
    answer = airflow.http.get("/execution/variables/k")
    assert answer.status_code in {401, 403}
    as_admin = airflow.ask("admin", "GET", "/execution/variables/k")
    assert as_admin.status_code in {401, 403}


def test_signals_start_one_run(airflow: Airflow) -> None:
    began = time.monotonic()
    airflow.signal(200)
    airflow.until(lambda: airflow.runs("on_files", "success"), 90, "a run of the asset")
    print(f"from signal to the end of the run: {time.monotonic() - began:.1f} s")
    time.sleep(5)
    assert len(airflow.ask("viewer", "GET", "/api/v2/dags/on_files/dagRuns").json()["dag_runs"]) == 1


def test_a_killed_scheduler_s_tasks_are_ended_and_run_again(airflow: Airflow) -> None:
    airflow.ask("operator", "POST", "/api/v2/dags/long/dagRuns", {"logical_date": None})
    (sleep,) = airflow.until(sleeps, 60, "the long task")
    airflow.kill("airflow_scheduler")
    airflow.until(lambda: not is_healthy(airflow.services["airflow_scheduler"]), 20, "it is said to be dead")
    assert is_healthy(airflow.services["airflow_triggerer"])
    airflow.start("airflow_scheduler")
    airflow.until(lambda: is_healthy(airflow.services["airflow_scheduler"]), 60, "it is back")
    assert not sleep.is_running()
    airflow.until(lambda: airflow.runs("long", "success"), 120, "the task runs again")


def test_a_killed_triggerer_s_signals_are_taken_by_the_next(airflow: Airflow) -> None:
    before = len(airflow.runs("on_files", "success"))
    airflow.kill("airflow_triggerer")
    airflow.signal(1)
    airflow.start("airflow_triggerer")
    airflow.until(lambda: len(airflow.runs("on_files", "success")) > before, 90, "the signal is not lost")


def test_nothing_listens_beyond_the_loopback(airflow: Airflow) -> None:
    found = [
        connection.laddr.ip
        for process in airflow.left()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(found) == {"127.0.0.1"}


def test_it_is_small_at_rest(airflow: Airflow) -> None:
    megabytes = {
        name: sum(each.memory_full_info().pss for each in tree(process.pid)) / 1e6
        for name, process in airflow.running.items()
    }
    print({name: round(size) for name, size in megabytes.items()}, f"{sum(megabytes.values()):.0f} MB")
    assert sum(megabytes.values()) < 1_600


def tree(number: int) -> list[psutil.Process]:
    top = psutil.Process(number)
    return [top, *top.children(recursive=True)]


def test_the_repository_s_plugins_are_no_plugins_of_airflow(airflow: Airflow) -> None:
    found = airflow.ask("admin", "GET", "/api/v2/plugins").json()["plugins"]
    assert not [plugin for plugin in found if str(ROOT) in str(plugin.get("source", ""))]
