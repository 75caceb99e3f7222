"""The embedded Postgres as a service."""

from __future__ import annotations

import sys
from collections.abc import Callable

import psycopg

import settings
from settings import Role
from stack.postgres_server import PostgresServer, last_line
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

MEMORY_MEGABYTES = 16_000
"""Far above its use: each session counts what it touched of the 256 MB all sessions share."""

QUERY = "select current_setting('server_version'), pg_database_size(%s)"


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """The server in the foreground, as its own account; nothing where it is external."""
    if not config.postgres.is_embedded:
        return []
    return [
        Service(
            name="postgres",
            command=(sys.executable, "-m", "stack.serve", "postgres"),
            health=_health(config),
            memory_megabytes=MEMORY_MEGABYTES,
            prepare=lambda: _prepare(config),
            ready_within=120.0,
            ends_within=60.0,
            stop_signal="INT",  # sessions are ended, nothing is lost
        )
    ]


def _prepare(config: settings.Settings) -> None:
    """End the server that `okr run` started directly, then make ready for one that is kept."""
    server = PostgresServer(config)
    server.stop()
    server.prepare()


def _health(config: settings.Settings) -> Callable[[], str]:
    """A check that keeps its session: the watcher asks every few seconds."""
    postgres = config.postgres
    session: list[psycopg.Connection[tuple[str, int]]] = []

    def check() -> str:
        try:
            if not session:
                address = postgres.conninfo(Role.ADMIN, "postgres")
                session.append(psycopg.connect(address, connect_timeout=4, autocommit=True))
            row = session[0].execute(QUERY, [postgres.database]).fetchone()
        except psycopg.errors.InvalidCatalogName:
            return f"answers on port {postgres.port}; database {postgres.database!r} is to come"
        except psycopg.Error as problem:
            while session:
                session.pop().close()
            raise UnhealthyError(last_line(str(problem))) from problem
        version, size = row or ("?", 0)
        return f"{version} on port {postgres.port}, {size / 1e6:,.0f} MB in {postgres.database}"

    return check
