"""Superset's server: dashboards as code, in an environment of its own, behind nginx under /bi."""

from __future__ import annotations

import hashlib
import subprocess
import urllib.error
import urllib.request
from importlib.metadata import distributions
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql

import settings
from settings import ROOT, Role
from stack.databases import create_database
from stack.errors import ServiceError
from stack.pipeline.child import environment
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

PREFIX = "/bi"
FOLDER = ROOT / "superset"
ENVIRONMENT = ROOT / ".venv-superset"
PATIENCE = 4.0


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """One process with threads; it serves nobody whom nginx does not vouch for."""
    port = config.addresses.behind("superset")
    variables = _variables(config, secrets)
    return [
        Service(
            name="superset",
            command=(
                *(str(ENVIRONMENT / "bin" / "python"), "-m", "gunicorn", "superset.app:create_app()"),
                *("--bind", f"127.0.0.1:{port}", "--name", "okr-superset"),
                *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
                *("--timeout", "120", "--graceful-timeout", "5", "--keep-alive", "75"),
                *("--no-control-socket",),
            ),
            health=lambda: _health(port),
            memory_megabytes=900,
            needs=("postgres",),
            environment=variables,
            prepare=lambda: _prepare(config, variables),
            folder=config.home,
            ready_within=90.0,
        )
    ]


def _variables(config: settings.Settings, secrets: Secrets) -> dict[str, str]:
    """What superset/superset_config.py reads; addresses may hold a password."""
    postgres = config.postgres
    return {
        "PYTHONPATH": str(FOLDER),
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "SUPERSET_APP_ROOT": PREFIX,
        "OKR_HOME": str(config.home),
        "OKR_SUPERSET_SECRET": secrets.superset,
        "OKR_SUPERSET_METADATA": postgres.sqlalchemy_url(Role.SUPERSET, postgres.superset_database),
        "OKR_SUPERSET_WAREHOUSE": postgres.sqlalchemy_url(Role.SUPERSET),
        "OKR_PROXY_SECRET": secrets.proxy,
        "OKR_SECURE_COOKIES": "1" if config.addresses.tls_certificate else "0",
    }


def _prepare(config: settings.Settings, variables: dict[str, str]) -> None:
    """The database with tables, roles and dashboards of the installed version; nothing when all is there."""
    note = f"superset {_version()}, dashboards {_digest(config)}"
    (config.home / "superset").mkdir(parents=True, exist_ok=True)
    database, owner = config.postgres.superset_database, config.postgres.user(Role.SUPERSET)
    with FileLock(config.home / "superset.lock", timeout=300):
        create_database(config, database, owner=owner)
        try:
            with psycopg.connect(config.postgres.conninfo(Role.SUPERSET, database)) as connection:
                if _noted(connection, database) == note:
                    return
            _make_ready(config, variables)
            with psycopg.connect(config.postgres.conninfo(Role.SUPERSET, database)) as connection:
                statement = sql.SQL("comment on database {} is {}")
                connection.execute(statement.format(sql.Identifier(database), sql.Literal(note)))
        except psycopg.Error as problem:
            raise ServiceError(f"Superset's database refuses: {str(problem).strip()}") from problem


def _make_ready(config: settings.Settings, variables: dict[str, str]) -> None:
    log = config.home / "logs" / "superset-tables.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(ENVIRONMENT / "bin" / "python"), str(FOLDER / "metadata.py")]
    with log.open("w") as file:
        done = subprocess.run(
            command,
            cwd=config.home,
            env={**environment(), **variables},
            stdout=file,
            stderr=file,
            check=False,
        )
    if done.returncode:
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise ServiceError(
            f"Superset's tables cannot be made: {said[-1] if said else 'no message'}; see {log}"
        )


def _noted(connection: psycopg.Connection, database: str) -> str | None:
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = %s"
    row = connection.execute(query, [database]).fetchone()
    return row[0] if row else None


def _digest(config: settings.Settings) -> str:
    """Changes when a file of the room does, or the warehouse's address."""
    digest = hashlib.sha256(config.postgres.public_address(Role.SUPERSET).encode())
    for path in sorted([*FOLDER.glob("*.py"), *FOLDER.rglob("*.yaml")]):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _version() -> str:
    """Version of Superset in its environment; ServiceError where there is none."""
    packages = [str(folder) for folder in (ENVIRONMENT / "lib").glob("python3.*/site-packages")]
    found = next(iter(distributions(name="apache-superset", path=packages)), None)
    if found is None or not Path(ENVIRONMENT, "bin", "python").exists():
        raise ServiceError(f"Superset is not installed in {str(ENVIRONMENT)!r}; run `make install`")
    return found.version


def _health(port: int) -> str:
    """Superset's own word for it, with the installed version."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{PREFIX}/health", timeout=PATIENCE) as answer:
            said = answer.read(200).decode(errors="replace").strip()
    except urllib.error.HTTPError as problem:
        raise UnhealthyError(f"{PREFIX}/health answers {problem.code}") from problem
    except OSError as problem:
        raise UnhealthyError(f"no answer on port {port} within {PATIENCE:.0f} s: {problem}") from problem
    if said != "OK":
        raise UnhealthyError(f"{PREFIX}/health says {said[:60]!r}, not 'OK'")
    try:
        return f"Superset {_version()} answers on port {port}"
    except ServiceError as problem:
        raise UnhealthyError(str(problem)) from problem
