"""A real Superset, made ready and started as `okr up` does it, on the sample's warehouse."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

import settings
from settings import ROOT, Role
from stack import secrets
from stack.services import superset_server
from stack.services.service import UnhealthyError
from tests.conftest import Filled, free_ports, required, variables

BUSY_MACHINE = 240.0


@dataclass
class Superset:
    """A running Superset and how to ask it as somebody."""

    address: str
    proxy_secret: str
    first_prepare: float
    later_prepare: float
    home: Path
    environment: dict[str, str] = field(repr=False)

    def headers(self, user: str, role: str) -> dict[str, str]:
        return {"X-Okr-User": user, "X-Okr-Role": role, "X-Okr-Proxy-Secret": self.proxy_secret}

    def session(self, user: str, role: str) -> requests.Session:
        """A browser of one person, with the token Superset asks for when something is written."""
        session = requests.Session()
        session.headers.update(self.headers(user, role))
        token = session.get(f"{self.address}/api/v1/security/csrf_token/", timeout=60)
        if token.ok:
            session.headers["X-CSRFToken"] = token.json()["result"]
            session.headers["Referer"] = self.address
        return session


@pytest.fixture(scope="session")
def superset_config(warehouse: settings.Settings, sample_filled: Filled) -> settings.Settings:
    """Settings of the sample's warehouse with free ports behind the one URL."""
    if not superset_server.ENVIRONMENT.exists():
        (pytest.fail if required("superset") else pytest.skip)("no .venv-superset; run `make install`")
    first = next(port for port in free_ports(20) if port < 65000)
    with variables(OKR_PG_DATABASE=sample_filled.name, OKR_BACKEND_PORT=str(first)):
        return settings.load()


@pytest.fixture(scope="session")
def superset(superset_config: settings.Settings) -> Iterator[Superset]:
    """Made ready twice (the second time nothing is to be done), started, healthy."""
    secret = secrets.load(superset_config)
    (service,) = superset_server.define(superset_config, secret)
    assert service.prepare
    begun = time.monotonic()
    service.prepare()
    first = time.monotonic() - begun
    service.prepare()
    later = time.monotonic() - begun - first
    environment = {**os.environ, **service.environment}
    with (superset_config.home / "superset-test.log").open("w") as log:
        process = subprocess.Popen(
            service.command,
            cwd=service.folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_until_healthy(service.health, process)
            port = superset_config.addresses.behind("superset")
            yield Superset(
                f"http://127.0.0.1:{port}/bi", secret.proxy, first, later, superset_config.home, environment
            )
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def wait_until_healthy(health: Any, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + BUSY_MACHINE
    while True:
        try:
            assert health().startswith("Superset 6")
            return
        except UnhealthyError:
            assert process.poll() is None, "Superset ended"
            assert time.monotonic() < until, "Superset does not become healthy"
            time.sleep(0.5)


@pytest.fixture
def figures(superset_config: settings.Settings) -> Iterator[psycopg.Connection]:
    """The warehouse in the eyes of Superset's own login."""
    with psycopg.connect(superset_config.postgres.conninfo(Role.SUPERSET), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept for someone to look at."""
    folder = ROOT / "target" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
