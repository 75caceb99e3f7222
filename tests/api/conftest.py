"""A warehouse with users of these tests' own, and nginx, API and an echo in the place of every service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

import settings
from api.users import Users
from settings import ROOT, AddressSettings, Role
from stack import secrets
from stack.nginx_program import find_nginx
from stack.services import api_server, reverse_proxy
from stack.services.service import Service

PASSWORD = "correct horse battery"
KINDS = ("airflow", "mlflow", "superset", "kafka_ui")


@pytest.fixture
def users(warehouse: settings.Settings) -> Users:
    """The users of a warehouse in which there are none, and nobody has tried to sign in."""
    with psycopg.connect(warehouse.postgres.conninfo(Role.ADMIN)) as connection:
        connection.execute("truncate okr_ops.users, okr_ops.sign_ins")
    return Users(warehouse)


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, as JSON."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Tell method, path and headers; a websocket is only accepted."""
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.close_connection = True
            return
        name = self.server.name  # type: ignore[attr-defined]
        told = {"service": name, "method": self.command, "path": self.path, "bytes": length}
        headers: dict[str, list[str]] = {}
        for key, value in self.headers.items():
            headers.setdefault(key.lower(), []).append(value)
        body = json.dumps({**told, "headers": headers}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Site:
    """The one URL of a test."""

    config: settings.Settings
    url: str
    users: Users
    echoes: dict[str, ThreadingHTTPServer] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)

    def door(self, setting: str) -> str:
        """Address of a service's own port."""
        return f"http://127.0.0.1:{getattr(self.config.addresses, setting)}"

    def client(self, **options: Any) -> httpx.Client:
        """A client that is nobody yet."""
        return httpx.Client(base_url=self.url, timeout=20, **options)

    def signed_in(self, name: str, password: str = PASSWORD, **options: Any) -> httpx.Client:
        """A client with a session."""
        client = self.client(**options)
        answer = self.sign_in(client, name, password)
        assert answer.status_code == 303, answer.text[:500]
        return client

    @staticmethod
    def sign_in(client: httpx.Client, name: str, password: str, **more: str) -> httpx.Response:
        """Fill in the form of /sign-in."""
        page = client.get("/sign-in").text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        return client.post("/sign-in", data={"csrf": token, "user": name, "password": password, **more})

    @staticmethod
    def ask(client: httpx.Client, path: str, is_page: bool) -> httpx.Response:
        """Ask for a path as a browser does for a page, or as a script does."""
        return client.get(path, headers={"Accept": "text/html,*/*;q=0.8" if is_page else "application/json"})

    def start(self, name: str) -> None:
        """Start nginx or the API as supervisor would."""
        service = self.services[name]
        self.processes[name] = subprocess.Popen(
            service.command,
            cwd=ROOT,
            env={**os.environ, "OKR_HOME": str(self.config.home), **service.environment},
            stdout=(self.config.home / f"{name}.log").open("a"),
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        wait_for(service)

    def stop(self, name: str) -> None:
        """End it."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(20)


def wait_for(service: Service) -> str:
    """Wait until a service says it is healthy."""
    for _ in range(200):
        try:
            return service.health()
        except Exception as problem:
            said = problem
            time.sleep(0.1)
    raise AssertionError(f"{service.name}: {said}")


@pytest.fixture(scope="session")
def nginx_here() -> None:
    """Needs nginx."""
    if find_nginx() is None:
        in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
        (pytest.fail if in_ci else pytest.skip)("nginx is not installed")


@pytest.fixture(scope="module")
def make_site(
    warehouse: settings.Settings, nginx_here: None, unused_ports: Callable[[int], list[int]]
) -> Iterator[Callable[..., Site]]:
    """Call it for a running site; a site is shared by the tests of a file."""
    with ExitStack() as ends:

        def make(**addresses: Any) -> Site:
            site = _site(warehouse, unused_ports, addresses)
            ends.callback(_end, site)
            for name in KINDS:
                site.echoes[name] = _echo(site, name)
            for service in site.services.values():
                assert service.prepare
                service.prepare()
                site.start(service.name)
            return site

        yield make


@pytest.fixture(scope="module")
def site(make_site: Callable[..., Site]) -> Site:
    """A running site with a viewer, an operator and an admin."""
    return make_site()


@pytest.fixture(scope="session")
def unused_ports() -> Callable[[int], list[int]]:
    """Call it for ports nobody listens on; several in a row."""
    import socket  # noqa: PLC0415

    taken: set[int] = set()

    def find(count: int) -> list[int]:
        for first in range(31000, 39000, 50):
            ports = list(range(first, first + count))
            if first in taken:
                continue
            probes = [socket.socket() for _ in ports]
            try:
                for probe, port in zip(probes, ports, strict=True):
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            finally:
                for probe in probes:
                    probe.close()
            taken.add(first)
            return ports
        raise AssertionError("no free ports")

    return find


def _site(warehouse: settings.Settings, unused_ports: Any, addresses: dict[str, Any]) -> Site:
    first, *_ = unused_ports(20)
    chosen: dict[str, Any] = {
        "bind": "127.0.0.1",
        "port": first,
        "airflow_port": first + 1,
        "mlflow_port": first + 2,
        "kafka_ui_port": first + 3,
        "worker_port": first + 4,
        "backend_port": first + 5,
        **addresses,
    }
    home = warehouse.home / f"site {first}"
    config = warehouse.model_copy(update={"home": home, "addresses": AddressSettings(**chosen)})
    for name in ("docs", "quality"):
        (config.home / name).mkdir(parents=True, exist_ok=True)
        (config.home / name / "index.html").write_text(f"<p>pages of {name}</p>")
    users = Users(config)
    with psycopg.connect(config.postgres.conninfo(Role.ADMIN)) as connection:
        connection.execute("truncate okr_ops.users, okr_ops.sign_ins")
    for role in ("viewer", "operator", "admin"):
        users.add(f"a-{role}", role, PASSWORD)
    kept = secrets.load(config)
    scheme = "https" if config.addresses.tls_certificate else "http"
    site = Site(config, f"{scheme}://127.0.0.1:{first}", users)
    defined = [*api_server.define(config, kept), *reverse_proxy.define(config, kept)]
    site.services = {service.name: service for service in defined}
    return site


def _echo(site: Site, name: str) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", site.config.addresses.behind(name)), Echo)
    server.name = name  # type: ignore[attr-defined]
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _end(site: Site) -> None:
    for name in reversed(list(site.processes)):
        site.stop(name)
    for server in site.echoes.values():
        server.shutdown()
        server.server_close()


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call it with the words of one of our commands."""
    return _python


def _python(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands."""
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, **changes},
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="session")
def output_folder() -> Path:
    """Where pictures of a test run are kept."""
    folder = ROOT / "test-output" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
