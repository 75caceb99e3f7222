"""Servers of a test's own: made for it, killed by it, gone after it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import settings
from settings import KafkaSettings, PostgresSettings, Settings
from stack.kafka_server import KafkaServer
from stack.keeper import kept
from stack.keeper.places import Places
from stack.keeper.supervisor import Supervisor
from stack.postgres_server import PostgresServer
from stack.services.service import Service, UnhealthyError

NAMES = (
    "OKR_PG_PORT OKR_KAFKA_PORT OKR_KAFKA_CONTROLLER_PORT OKR_PORT OKR_AIRFLOW_PORT OKR_MLFLOW_PORT"
    " OKR_KAFKA_UI_PORT OKR_WORKER_PORT OKR_BACKEND_PORT"
)
SERVE = (
    "import http.server as web, sys;"
    "web.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), web.SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture
def own_home(okr_environment: Settings) -> Iterator[Settings]:
    """Settings of an empty home in a path with spaces, on free ports; what runs there is stopped at last."""
    top = Path(tempfile.mkdtemp(prefix="okr-tests-", dir="/tmp"))
    top.chmod(0o755)
    home = top / "a home with spaces"
    jars = okr_environment.home / "kafka"
    for folder in jars.glob("jars-*"):
        shutil.copytree(folder, home / "kafka" / folder.name)
    ports = []
    probes = [socket.socket() for _ in range(3)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
        ports.append(probe.getsockname()[1])
    for probe in probes:
        probe.close()
    config = Settings(
        home=home,
        postgres=PostgresSettings(port=ports[0]),
        kafka=KafkaSettings(port=ports[1], controller_port=ports[2], heap_megabytes=256),
    )
    yield config
    PostgresServer(config).stop()
    KafkaServer(config).stop()
    shutil.rmtree(top)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, okr_environment: Settings) -> Iterator[Settings]:
    """Settings of an empty home on free ports; whatever runs there is ended at last."""
    with tempfile.TemporaryDirectory(prefix="okr-kept-", dir="/tmp") as folder:
        top = Path(folder)
        top.chmod(0o755)
        monkeypatch.setenv("OKR_HOME", str(top / "a home"))
        for name in NAMES.split():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                monkeypatch.setenv(name, str(min(probe.getsockname()[1], 65_000)))
        config = settings.load()
        page = config.home / "docs" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("as dbt would write it, which takes its time")
        os.utime(page, (time.time() + 3600,) * 2)
        yield config
        if Supervisor(config).is_up():
            Supervisor(config).shut_down()
        kept.end_all(Places.of(config))
        PostgresServer(config).stop()


def web(config: Settings, *needs: str) -> Service:
    """A small real service: a web server that is asked for its front page."""
    port = config.addresses.worker_port

    def health() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
                return f"answers {answer.status}"
        except OSError as problem:
            raise UnhealthyError(str(problem)) from problem

    return Service(
        "worker",
        (sys.executable, "-c", SERVE, str(port)),
        health,
        500,
        needs=needs,
        ready_within=20,
        ends_within=5,
    )


def until(what: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)
