"""MLflow's server: runs, models and their artifacts, behind nginx under /mlflow."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.metadata import version
from ipaddress import ip_address

import psutil
import psycopg
from filelock import FileLock

import settings
from settings import ROOT, Role
from stack.databases import create_database, mlflow_is_current, note_mlflow_version
from stack.errors import ServiceError
from stack.pipeline.child import environment, part
from stack.secrets import Secrets
from stack.services.address import public_address
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

PREFIX = "/mlflow"
PATIENCE = 2.0
CHEAPEST_QUESTION = "/api/2.0/mlflow/registered-models/search?max_results=1"


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """One worker, with the store in Postgres; nothing where another MLflow server is named."""
    if config.mlflow_tracking_uri is not None:
        return []
    port = config.addresses.behind("mlflow")
    return [
        Service(
            name="mlflow",
            command=(
                *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
                *("--workers", "1", "--serve-artifacts", "--static-prefix", PREFIX),
            ),
            health=lambda: _health(port),
            memory_megabytes=700,
            needs=("postgres",),
            environment=_variables(config, port),
            prepare=lambda: _prepare(config),
        )
    ]


def _variables(config: settings.Settings, port: int) -> dict[str, str]:
    """What the server is told beside its command line, first of all its store, which may hold a password."""
    hosts, origins = _names(config, port)
    return {
        "MLFLOW_BACKEND_STORE_URI": config.tracking_uri(),
        "MLFLOW_ARTIFACTS_DESTINATION": (config.home / "mlartifacts").resolve().as_uri(),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(origins),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
    }


def _names(config: settings.Settings, port: int) -> tuple[list[str], list[str]]:
    """Hosts a request may name, and origins a page may come from. Once one is listed, the list is all."""
    public = public_address(config)
    scheme, usual = ("https", 443) if config.addresses.tls_certificate else ("http", 80)
    local = ["127.0.0.1", "localhost", "[::1]"]
    reached = [*local, *_machine_names(config.addresses.bind)]
    suffix = "" if public.port == usual else f":{public.port}"
    at_public = list(dict.fromkeys([public.url.partition("://")[2], *(name + suffix for name in reached)]))
    at_doors = [f"{name}:{door}" for name in local for door in (config.addresses.mlflow_port, port)]
    origins = [f"{scheme}://{host}" for host in at_public]
    return at_public + at_doors, origins + [f"http://{host}" for host in at_doors]


def _machine_names(bind: str) -> list[str]:
    """Under what this machine is known where the one URL is open to others."""
    address = ip_address(bind)
    if address.is_loopback:
        return []
    found = [socket.gethostname(), socket.getfqdn()]
    if not address.is_unspecified:
        return [*found, f"[{bind}]" if address.version == 6 else bind]
    for cards in psutil.net_if_addrs().values():
        found += [card.address for card in cards if card.family == socket.AF_INET]
        found += [f"[{card.address.partition('%')[0]}]" for card in cards if card.family == socket.AF_INET6]
    return found


def _prepare(config: settings.Settings) -> None:
    """The database and its tables, of the installed version, and the folder of the artifacts."""
    (config.home / "mlartifacts").mkdir(parents=True, exist_ok=True)
    with FileLock(config.home / "mlflow-store.lock", timeout=120):
        create_database(config, config.postgres.mlflow_database, owner=config.postgres.user(Role.ML))
        try:
            if mlflow_is_current(config):
                return
            command = part("stack.mlflow_store")
            done = subprocess.run(
                command, cwd=ROOT, env=environment(), text=True, capture_output=True, check=False
            )
            if done.returncode:
                said = (done.stderr.strip() or "no message").splitlines()[-1]
                raise ServiceError(f"MLflow's tables cannot be made: {said}")
            note_mlflow_version(config)
        except psycopg.Error as problem:
            raise ServiceError(f"MLflow's database refuses: {str(problem).strip()}") from problem


def _health(port: int) -> str:
    """The server's version, and whether its registry answers, which only its database can make it do."""
    address = f"http://127.0.0.1:{port}{PREFIX}"
    said = _ask(f"{address}/version").decode(errors="replace").strip()
    if said != version("mlflow"):
        raise UnhealthyError(f"what answers on port {port} is not MLflow {version('mlflow')}: {said[:60]!r}")
    try:
        models = json.loads(_ask(address + CHEAPEST_QUESTION)).get("registered_models", [])
        count = len(models)
    except (ValueError, AttributeError, TypeError) as problem:
        raise UnhealthyError(f"the registry's answer on port {port} cannot be read: {problem}") from problem
    return f"MLflow {said} answers on port {port}, its registry too ({'models' if count else 'empty'})"


def _ask(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            body: bytes = answer.read(1_000_000)
            return body
    except urllib.error.HTTPError as problem:
        path = address.partition(PREFIX)[2].partition("?")[0]
        raise UnhealthyError(f"{PREFIX}{path} answers {problem.code}") from problem
    except OSError as problem:
        raise UnhealthyError(f"no answer within {PATIENCE:.0f} s: {problem}") from problem
