"""Real supervisor, real processes: started, killed, given up, orphaned, ended; nothing is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest
from click.testing import CliRunner, Result

from settings import ROOT, Settings
from stack import secrets
from stack.cli.main import okr
from stack.errors import ServiceError
from stack.keeper import kept
from stack.keeper.places import Places
from stack.keeper.starting import bring_up
from stack.keeper.supervisor import Supervisor
from stack.postgres_server import PostgresServer
from stack.services.postgres_database import define as define_postgres
from stack.services.service import Service, UnhealthyError
from tests.stack.conftest import until, web

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def small(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Service]]:
    """Call it with the services the product shall have in this test; Postgres and a web server at first."""

    def have(*services: Service) -> list[Service]:
        chosen = list(services)
        for module in ("going_up", "going_down", "survey"):
            monkeypatch.setattr(f"stack.keeper.{module}.all_services", lambda config, secrets: chosen)
        return chosen

    monkeypatch.setattr("stack.embedded.all_services", define_postgres)
    have(*define_postgres(home, secrets.load(home)), web(home, "postgres"))
    return have


def call(*words: str) -> Result:
    return CliRunner().invoke(okr, list(words))


def entries(config: Settings) -> dict[str, dict[str, object]]:
    return {entry["name"]: entry for entry in json.loads(call("status", "--json").stdout)["services"]}


def test_up_takes_over_and_down_leaves_nothing(home: Settings, small: object) -> None:
    server = PostgresServer(home)
    server.start()
    direct = server.process()
    before = call("status")
    assert before.exit_code == 1
    assert "postgres run as `okr run` started them" in before.output
    went = call("up", "--json")
    facts = json.loads(went.stdout)
    assert (went.exit_code, {entry["health"] for entry in facts["services"]}) == (0, {"healthy"})
    process = server.process()
    assert process and direct and process.pid != direct.pid
    assert process.pid == entries(home)["postgres"]["pid"]
    again = call("up")
    assert (again.exit_code, "Everything is up already" in again.output) == (0, True)
    assert entries(home)["postgres"]["pid"] == process.pid
    down = call("down")
    assert (down.exit_code, down.output) == (0, "postgres stopped, worker stopped, kafka not running\n")
    assert kept.kept_processes(Places.of(home)) == []
    assert server.process() is None
    second = call("down")
    assert (second.exit_code, second.output) == (0, "Nothing was running\n")


def test_a_killed_service_comes_back_and_so_does_everything(home: Settings, small: object) -> None:
    assert call("up").exit_code == 0
    before = entries(home)["worker"]
    os.kill(int(str(before["pid"])), signal.SIGKILL)
    until(lambda: entries(home)["worker"]["health"] == "healthy", 30)
    assert entries(home)["worker"]["pid"] != before["pid"]
    for process in kept.kept_processes(Places.of(home)):
        process.kill()
    until(lambda: kept.kept_processes(Places.of(home)) == [], 10)
    assert Places.of(home).socket.exists()  # stale, as after a reboot
    assert call("up").exit_code == 0
    assert {entry["health"] for entry in entries(home).values()} == {"healthy"}


def test_orphans_of_a_killed_supervisor_are_ended_before_a_new_start(home: Settings, small: object) -> None:
    assert call("up").exit_code == 0
    pids = {int(str(entry["pid"])) for entry in entries(home).values()}
    supervisor = Supervisor(home).process()
    assert supervisor
    supervisor.kill()
    until(lambda: not Supervisor(home).is_up(), 5)
    status = call("status")
    assert "supervisor is gone and left" in status.output
    went = call("up")
    assert (went.exit_code, "had left behind" in went.output) == (0, True), went.output
    fresh = {int(str(entry["pid"])) for entry in entries(home).values()}
    assert not fresh & pids
    call("down")
    assert kept.kept_processes(Places.of(home)) == []


def test_a_service_that_dies_at_once_is_given_up_and_the_others_stay(
    home: Settings, small: Callable[..., list[Service]]
) -> None:
    words = "import sys; sys.exit('Error: the cellar is flooded')"

    def mute() -> str:
        raise UnhealthyError("no answer")

    dies = Service("api", (sys.executable, "-c", words), mute, 100, needs=("worker",), ready_within=60)
    waits = Service("nginx", ("/bin/sleep", "60"), lambda: "well", 100, needs=("api",))
    small(*define_postgres(home, secrets.load(home)), web(home), dies, waits)
    went = call("up")
    assert went.exit_code == 1
    log = Places.of(home).log("api")
    reason = f"api: given up, it ended at once 6 times: Error: the cellar is flooded (log: {log})"
    assert reason in went.output, went.output
    assert "nginx: not run: it needs api" in went.output
    assert log.read_text().count("flooded") == 6
    seen = entries(home)
    assert {name: entry["health"] for name, entry in seen.items()} == {
        "postgres": "healthy",
        "worker": "healthy",
        "api": "given_up",
        "nginx": "stopped",
    }
    assert "6 times" in str(seen["api"]["reason"])


def test_a_port_that_is_taken_stops_the_start_before_it_begins(home: Settings, small: object) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", home.addresses.worker_port))
        taken.listen()
        went = call("up")
    assert went.exit_code == 1
    assert f"worker needs port {home.addresses.worker_port} (OKR_WORKER_PORT=" in went.output
    assert f"process {os.getpid()} " in went.output
    assert not Supervisor(home).is_up()


def test_run_uses_what_is_kept_and_starts_no_rival(home: Settings, small: object) -> None:
    assert call("up").exit_code == 0
    process = PostgresServer(home).process()
    code = "import settings; from stack.embedded import start_services; start_services(settings.load())"
    external = {**os.environ, "OKR_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=external, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    after = PostgresServer(home).process()
    assert process and after and process.pid == after.pid


def test_the_configuration_is_closed_and_a_changed_one_taken_over(home: Settings) -> None:
    first = replace(web(home), environment={"OKR_SECRET_OF_TEST": "hush"})
    supervisor, places = Supervisor(home), Places.of(home)
    assert supervisor.start([first])
    bring_up(home, first)
    assert places.configuration.stat().st_mode & 0o777 == 0o600
    assert places.socket.stat().st_mode & 0o777 == 0o700
    pid = supervisor.states()["worker"].pid
    assert not supervisor.start([first])
    assert supervisor.states()["worker"].pid == pid
    second = replace(first, environment={"OKR_SECRET_OF_TEST": "new"})
    assert not supervisor.start([second])
    bring_up(home, second)
    assert psutil.Process(supervisor.states()["worker"].pid).environ()["OKR_SECRET_OF_TEST"] == "new"


def test_waiting_ends_with_the_reason(home: Settings) -> None:
    def mute() -> str:
        raise UnhealthyError("the door is shut")

    slow = Service("api", ("/bin/sleep", "60"), mute, 100, ready_within=1, ends_within=2)
    Supervisor(home).start([slow])
    with pytest.raises(ServiceError, match=r"^not healthy in \d+ s: the door is shut \(log: .*api\.log\)$"):
        bring_up(home, slow)
    assert Supervisor(home).states()["api"].is_up
