"""The watcher at work: what hangs is started again, what a killed process leaves is ended."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import replace

import psutil
import pytest

from settings import Settings
from stack.keeper.places import Places, read_json
from stack.keeper.starting import bring_up
from stack.keeper.supervisor import Supervisor
from stack.keeper.watching import Watcher
from stack.processes import port_owner
from tests.stack.conftest import until, web

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_the_watcher_writes_counts_and_starts_again_what_hangs(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.keeper.watching.HUNG_AFTER", 1.0)
    monkeypatch.setattr("stack.keeper.watching.patient", lambda seconds: seconds)
    services = [web(home)]
    Supervisor(home).start(services)
    bring_up(home, services[0])
    watcher = Watcher(home, services)

    def looked() -> dict[str, object]:
        begin = time.monotonic()
        watcher.look()
        assert time.monotonic() - begin < 3.5
        facts = read_json(Places.of(home).status)
        assert set(facts) >= {"checked_at", "url", "started_in_seconds", "memory_bytes", "disk_free_bytes"}
        entry: dict[str, object] = facts["services"][0]
        return entry

    first = looked()
    assert (first["health"], first["restarts"], first["log"]) == ("healthy", 0, "worker")
    assert int(str(first["memory_bytes"])) > 1_000_000
    os.kill(int(str(first["pid"])), signal.SIGSTOP)
    until(lambda: looked()["health"] == "failing", 20)
    until(lambda: looked()["health"] == "healthy", 30)
    last = looked()
    assert (last["restarts"], last["pid"] != first["pid"]) == (1, True)
    assert Watcher(home, services).past["worker"].restarts == 1


def test_what_a_killed_process_leaves_is_ended_so_that_the_next_has_its_port(home: Settings) -> None:
    """As MLflow's server, which has another process listen: that one outlives it and goes on answering."""
    child = web(home)
    within = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    service = replace(child, command=(sys.executable, "-c", within, *child.command))
    Supervisor(home).start([service])
    bring_up(home, service)
    watcher = Watcher(home, [service])

    def pid() -> int:
        watcher.look()
        return int(read_json(Places.of(home).status)["services"][0]["pid"])

    before = psutil.Process(pid())
    (left,) = before.children()
    before.kill()
    until(lambda: pid() not in (0, before.pid), 10)
    until(lambda: not left.is_running(), 5)

    def has_the_port() -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            owner = port_owner(home.addresses.worker_port)
            return any(owner.startswith(f"process {one.pid} ") for one in psutil.Process(pid()).children())
        return False

    until(has_the_port, 20)
