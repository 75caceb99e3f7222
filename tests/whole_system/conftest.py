"""The whole system as `okr up` leaves it: every service, one URL, a warehouse that fills itself.

It has a home, a data folder and ports of its own. Nobody runs `okr run`: the files lie there when the
services start, and everything after that is their own doing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import sample
from typing import Any

import httpx
import psutil
import psycopg
import pytest

import settings
from settings import ROOT, Role
from stack.keeper.patience import patient
from stack.nginx_program import find_nginx
from stack.processes import port_is_free
from stack.sample import SampleOptions, write
from stack.services import superset_server
from tests.conftest import jars_kept, required, variables

PASSWORD = "correct horse battery"
PEOPLE = {"vera": "viewer", "otto": "operator"}
PORTS = range(13_000, 19_000)
"""No other test takes any of these meanwhile: a server that is killed must find its port free again."""
GOING_UP = "the whole system: going up"
STANDING = pytest.StashKey[ExitStack]()


@dataclass
class System:
    """A running product."""

    config: settings.Settings
    environment: dict[str, str] = field(repr=False)
    went_up: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return str(self.went_up["url"])

    def okr(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an `okr` command in the system's environment."""
        command = [sys.executable, "-m", "stack", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, text=True, capture_output=True, check=False
        )

    def status(self) -> dict[str, dict[str, Any]]:
        """What `okr status` says of each service."""
        told = json.loads(self.okr("status", "--json").stdout)
        return {entry["name"]: entry for entry in told["services"]}

    def client(self, name: str) -> httpx.Client:
        """A script of one of the people."""
        return httpx.Client(base_url=self.url, auth=(name, PASSWORD), timeout=60)

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the warehouse as its owner."""
        with psycopg.connect(self.config.postgres.conninfo(Role.ADMIN)) as connection:
            return connection.execute(query, values or None).fetchall()

    def drop(self, name: str, text: str) -> None:
        """Put a file into the data root as a careful program does: written beside it, then moved."""
        path = self.config.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.config.home / "fresh.csv"
        fresh.write_text(text)
        fresh.rename(path)

    def runs(self, dag: str, since: datetime | None = None) -> list[dict[str, Any]]:
        """Runs of a DAG, oldest first, told through the one URL."""
        with self.client("vera") as client:
            answer = client.get(f"/airflow/api/v2/dags/{dag}/dagRuns", params={"order_by": "run_after"})
        answer.raise_for_status()
        found = answer.json()["dag_runs"]
        return [run for run in found if since is None or datetime.fromisoformat(run["run_after"]) >= since]

    def tasks(self, dag: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Task instances of a run by their id."""
        found: dict[str, dict[str, Any]] = {}
        with self.client("vera") as client:
            while True:
                window = {"limit": 100, "offset": len(found), "order_by": "id"}
                answer = client.get(
                    f"/airflow/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances", params=window
                )
                answer.raise_for_status()
                page = answer.json()["task_instances"]
                found |= {task["task_id"]: task for task in page}
                if len(page) < 100:
                    return found

    def is_quiet(self) -> bool:
        """Whether all files are in the warehouse, all signals have been taken, and no run is going on."""
        states = {"state": ["queued", "running"]}
        with self.client("vera") as client:
            answer = client.get("/airflow/api/v2/dags/~/dagRuns", params=states)
        return answer.is_success and answer.json()["total_entries"] == 0

    def until_quiet(self, seconds: float = 900) -> None:
        """Wait until nothing has been going on for ten seconds: signals are gathered for three."""
        quiet_since: list[float] = []

        def is_settled() -> bool:
            if not self.is_quiet():
                quiet_since.clear()
                return False
            quiet_since.append(time.monotonic())
            return quiet_since[-1] - quiet_since[0] > 10

        until(is_settled, seconds, "the system comes to rest", every=1)

    def processes(self) -> list[psutil.Process]:
        """Every process that knows this home, wherever it hangs."""
        mine = str(self.config.home)
        found = []
        for process in psutil.process_iter():
            try:
                known = [*process.cmdline(), *process.environ().values()]
            except psutil.Error:
                continue
            if process.pid != os.getpid() and any(mine in word for word in known):
                found.append(process)
        return found

    def doors(self) -> list[tuple[str, int]]:
        """Addresses and ports its processes listen on; one that ends meanwhile has none."""
        found = []
        for process in self.processes():
            try:
                connections = process.net_connections("inet")
            except psutil.Error:
                continue
            found += [
                (str(each.laddr.ip), int(each.laddr.port))
                for each in connections
                if each.status == psutil.CONN_LISTEN
            ]
        return found


def until(done: Callable[[], Any], seconds: float, what: str, every: float = 0.25) -> float:
    """Wait until something holds; the seconds it took. A busy machine gets the more time."""
    begin = time.monotonic()
    while not done():
        waited = time.monotonic() - begin
        if waited > patient(seconds):
            pytest.fail(f"not within {waited:.0f} s: {what}")
        time.sleep(every)
    return time.monotonic() - begin


@pytest.fixture(scope="session")
def system(
    okr_environment: settings.Settings, pytestconfig: pytest.Config, tell: Callable[[str, str], None]
) -> Iterator[System]:
    """Everything up and healthy; after the last test of this folder everything down, and nothing left."""
    with ExitStack() as stack:
        pytestconfig.stash[STANDING] = stack
        yield stack.enter_context(standing(pytestconfig, tell))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Take the system down when tests of another folder follow: they need the processors."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        item.config.stash.get(STANDING, ExitStack()).close()


@contextmanager
def standing(pytestconfig: pytest.Config, tell: Callable[[str, str], None]) -> Iterator[System]:
    """The system from going up to going down."""
    for name, is_there in (("superset", superset_server.ENVIRONMENT.exists()), ("nginx", bool(find_nginx()))):
        if not is_there:
            (pytest.fail if required(name) else pytest.skip)(f"no {name} here")
    with tempfile.TemporaryDirectory(prefix="okr-whole-", dir="/tmp") as folder:
        top = Path(folder)
        top.chmod(0o755)
        names = ("PG", "KAFKA", "KAFKA_CONTROLLER", "AIRFLOW", "MLFLOW", "KAFKA_UI", "WORKER", "BACKEND")
        free = sample([port for port in PORTS if port_is_free(port)], len(names) + 1)
        ports = {f"OKR_{name}_PORT": str(port) for name, port in zip(names, free[1:], strict=True)}
        ours = {
            "OKR_HOME": str(top / "home"),
            "OKR_DATA": str(top / "data"),
            "OKR_PORT": str(free[0]),
            **ports,
        }
        with variables(**ours):
            # Without those of other tests: the running product builds where it does without any.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
            config = settings.load()
        write(config.data, datetime.now(UTC).date(), 11, SampleOptions(quarters=8, teams=12, key_results=750))
        made = System(config, environment)
        with jars_kept(pytestconfig.cache.mkdir("kafka"), config.home):
            try:
                tell(GOING_UP, bring_up(made))
                yield made
                tell("the whole system: going down", take_down(made))
            finally:
                made.okr("down")


def bring_up(system: System) -> str:
    """`okr up`, and the people who will sign in; how long it took."""
    done = system.okr("up", "--json")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    system.went_up = json.loads(done.stdout)
    secret = system.config.home / "a-password"
    secret.write_text(PASSWORD)
    for name, role in PEOPLE.items():
        added = system.okr("user", "add", name, "--role", role, "--password-file", str(secret))
        assert added.returncode == 0, added.stderr
    return (
        f"first `okr up` of an empty home: {system.went_up['seconds']:.0f} s to all "
        f"{len(system.status())} services healthy, {system.went_up['memory_bytes'] / 1e9:.2f} GB (PSS)"
    )


def take_down(system: System) -> str:
    """`okr down`; no process and no port is left."""
    ports = [port for _, port in system.doors()]
    assert len(set(ports)) >= 10, "what was up listened"
    begin = time.monotonic()
    done = system.okr("down")
    seconds = time.monotonic() - begin
    assert done.returncode == 0, done.stderr
    assert system.processes() == []
    listening = {
        connection.laddr.port
        for connection in psutil.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert not listening & set(ports)
    assert system.okr("down").stdout.strip() == "Nothing was running"
    return f"`okr down`: {seconds:.0f} s, no process left, none of {len(set(ports))} ports open"


@pytest.fixture(scope="session")
def filled(system: System, tell: Callable[[str, str], None]) -> System:
    """The system when the files that lay there have become forecasts, with no one touching anything."""
    begin = time.monotonic()
    until(
        lambda: ended(system, "okr_score"), 900, "the files are loaded, built, trained on and scored", every=1
    )
    system.until_quiet()
    tell(GOING_UP, f"from `okr up` to the first forecasts, unasked: {time.monotonic() - begin:.0f} s")
    return system


def ended(system: System, dag: str) -> bool:
    """Whether a run of a DAG has ended well."""
    try:
        return any(run["state"] == "success" for run in system.runs(dag))
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept for someone to look at."""
    folder = ROOT / "test-output" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
