"""PostgreSQL: binary COPY, advisory locks, sessions of pg_stat_activity."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ingestion.dialect import Database, Owner, Row
from ingestion.errors import AbsentError, FatalError, RetriableError, ServiceError
from settings import PostgresSettings, Role

__all__ = ["PostgresDatabase"]

PUBLICATIONS_LOCK = 7_461_002
END_PATIENCE_SECONDS = 15


class PostgresDatabase(Database):
    """One Postgres session, signed in as the loader."""

    def __init__(self, settings: PostgresSettings, role: Role = Role.LOADER) -> None:
        """Connect. Raises ServiceError naming the address and the variable that sets it."""
        try:
            self._connection = psycopg.connect(settings.conninfo(role), autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as problem:
            said = _first_line(problem)
            is_full = "No space left on device" in said
            advice = (
                "make room on its disk"
                if is_full
                else "start it with `okr run` or set OKR_PG_HOST and OKR_PG_PORT"
            )
            raise ServiceError(
                f"Postgres at {settings.public_address(role)} can't be reached ({said}): {advice}"
            ) from problem

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction."""
        with _translated(), self._connection.transaction():
            yield

    def query(self, statement: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a select."""
        with _translated():
            return self._connection.execute(_binds(statement), values).fetchall()

    def execute(self, statement: str, values: Mapping[str, Any]) -> int:
        """Rows changed."""
        with _translated():
            return self._connection.execute(_binds(statement), values).rowcount

    def execute_many(self, statement: str, values: Sequence[Mapping[str, Any]]) -> None:
        """Many sets of values, in one round trip."""
        if values:
            with _translated(), self._connection.cursor() as cursor:
                cursor.executemany(_binds(statement), values)

    def insert_missing(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert with `on conflict do nothing`."""
        if rows:
            names = list(rows[0])
            binds = ", ".join(f":{name}" for name in names)
            self.execute_many(
                f"insert into {table} ({', '.join(names)}) values ({binds}) on conflict do nothing", rows
            )

    def bulk_insert(self, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Binary COPY."""
        target = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(target, names)
        with _translated(), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(list(columns.values()))
            for row in rows:
                copy.write_row(row)

    def json(self, value: Any) -> Any:
        """jsonb."""
        return None if value is None else Jsonb(value, dumps=orjson.dumps)

    def lock_publications(self) -> None:
        """An advisory lock: the loader may not lock a table that it may only add to."""
        self.query("select pg_advisory_xact_lock(:lock)", {"lock": PUBLICATIONS_LOCK})

    def now(self) -> datetime:
        """clock_timestamp: current_timestamp stands still within a transaction."""
        return cast(datetime, self.query("select clock_timestamp()")[0][0])

    def owner(self) -> Owner:
        """Process id and start of this session."""
        found = self.query("select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()")
        return Owner(*found[0])

    def end_session(self, owner: Owner) -> None:
        """pg_terminate_backend, then wait until it is gone."""
        which = {"pid": owner.pid, "started_at": owner.started_at}
        where = "from pg_stat_activity where pid = :pid and backend_start = :started_at"
        deadline = time.monotonic() + END_PATIENCE_SECONDS
        while self.query(f"select pg_terminate_backend(pid) {where}", which):
            if time.monotonic() > deadline:
                raise RetriableError(f"database session {owner.pid} of the previous owner does not end")
            time.sleep(0.05)

    def has_table(self, name: str) -> bool:
        """to_regclass; also asks for the right to read."""
        schema = name.partition(".")[0]
        found = self.query(
            "select has_schema_privilege(n.oid, 'usage') from pg_namespace n where n.nspname = :schema",
            {"schema": schema},
        )
        if not found or not found[0][0]:
            return False
        return bool(
            self.query("select has_table_privilege(to_regclass(:name), 'select')", {"name": name})[0][0]
        )

    def close(self) -> None:
        """Close the session."""
        self._connection.close()


@lru_cache(maxsize=200)
def _binds(statement: str) -> Any:
    """`:name` to psycopg's %(name)s."""
    return re.sub(r"(?<!:):([a-z_][a-z0-9_]*)", r"%(\1)s", statement.replace("%", "%%"))


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the driver as our own: a lost session is worth another try, a wrong statement is not."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.AdminShutdown) as problem:
        raise RetriableError(f"Postgres: {_first_line(problem)}") from problem
    except psycopg.errors.UniqueViolation as problem:
        if problem.diag.table_name not in ("records", "rejects"):
            raise RetriableError(f"Postgres: {_first_line(problem)}") from problem
        raise FatalError(f"Postgres: {_first_line(problem)}: a row would be loaded twice") from problem
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.InvalidSchemaName,
        psycopg.errors.InsufficientPrivilege,
    ) as problem:
        raise AbsentError(f"Postgres: {_first_line(problem)}") from problem
    except psycopg.Error as problem:
        raise FatalError(f"Postgres: {_first_line(problem)}") from problem


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]
