"""Short visits to the warehouse's database, as the API's own login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

import settings
from api.errors import DatabaseAwayError
from settings import Role

__all__ = ["Connection", "connect"]

Connection = psycopg.Connection[tuple[Any, ...]]
PATIENCE = 3


@contextmanager
def connect(config: settings.Settings) -> Iterator[Connection]:
    """A connection whose transaction is committed at the end; DatabaseAwayError where there is none."""
    postgres = config.postgres
    options = f"-c statement_timeout={PATIENCE}s"
    try:
        with psycopg.connect(
            postgres.conninfo(Role.API), connect_timeout=PATIENCE, options=options
        ) as connection:
            yield connection
    except psycopg.OperationalError as problem:
        where = f"Postgres at {postgres.host}:{postgres.port}"
        raise DatabaseAwayError(f"{where} does not answer: {_first(problem)}") from problem
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as problem:
        raise DatabaseAwayError(
            f"the database is older than this version ({_first(problem)}); `okr up` brings it up to date"
        ) from problem


def _first(problem: Exception) -> str:
    return str(problem).strip().split("\n", 1)[0]
