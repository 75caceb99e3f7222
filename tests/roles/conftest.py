"""Connections as each role, to an empty and to a built warehouse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

import settings
from settings import ROOT, Role
from stack.databases import create_database, create_databases

EMPTY = "okr_roles"


@dataclass
class Tries:
    """Statements tried as roles in one database; nothing that worked stays."""

    config: settings.Settings
    database: str
    connections: dict[Role, psycopg.Connection] = field(default_factory=dict)

    def allowed(self, role: Role, statement: str) -> bool:
        """Whether a role may: a statement that fails for another reason than its rights was allowed."""
        try:
            connection = self._connection(role)
            with connection.transaction(force_rollback=True):
                connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.OperationalError as problem:
            if "permission denied for database" in str(problem):
                return False
            raise
        except psycopg.Error:
            return True
        return True

    def works(self, role: Role, statement: str) -> bool:
        """Whether a statement succeeds as a role."""
        try:
            connection = self._connection(role)
            with connection.transaction(force_rollback=True):
                connection.execute(statement.encode())
        except psycopg.DatabaseError:
            return False
        return True

    def relations(self) -> list[tuple[str, str, str]]:
        """Schema, name and kind (r table, v view) of everything in the warehouse's schemas."""
        query = (
            "select nspname, relname, relkind::text from pg_class join pg_namespace"
            " on pg_namespace.oid = relnamespace where nspname like 'okr\\_%' and relkind in ('r', 'v', 'm')"
            " order by 1, 2"
        )
        return self._connection(Role.ADMIN).execute(query).fetchall()

    def columns(self) -> dict[tuple[str, str], str]:
        """A column of each relation that may be set."""
        query = (
            "select table_schema, table_name, min(column_name) from information_schema.columns"
            " where table_schema like 'okr\\_%' and is_identity = 'NO' group by 1, 2"
        )
        rows: list[Any] = self._connection(Role.ADMIN).execute(query).fetchall()
        return {(schema, table): column for schema, table, column in rows}

    def _connection(self, role: Role) -> psycopg.Connection:
        if role not in self.connections:
            self.connections[role] = psycopg.connect(
                self.config.postgres.conninfo(role, self.database), autocommit=True
            )
        return self.connections[role]

    def close(self) -> None:
        """End the sessions."""
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()


@pytest.fixture(scope="session")
def tries_of(warehouse: settings.Settings) -> Iterator[Callable[[str], Tries]]:
    """Call it with the name of a database to try things there."""
    made: list[Tries] = []

    def tries(database: str) -> Tries:
        made.append(Tries(warehouse, database))
        return made[-1]

    yield tries
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def services_databases(warehouse: settings.Settings) -> None:
    """The databases of MLflow, Airflow and Superset, made as their services make them."""
    postgres = warehouse.postgres
    create_database(warehouse, postgres.mlflow_database, owner=postgres.user(Role.ML))
    create_database(warehouse, postgres.airflow_database, owner=postgres.user(Role.AIRFLOW))
    create_database(warehouse, postgres.superset_database, owner=postgres.user(Role.SUPERSET))


@pytest.fixture(scope="session")
def new_database(
    warehouse: settings.Settings, tries_of: Callable[[str], Tries], services_databases: None
) -> Iterator[Tries]:
    """A database that was migrated and never built."""
    os.environ["OKR_PG_DATABASE"] = EMPTY
    try:
        create_databases(settings.load())
    finally:
        os.environ.pop("OKR_PG_DATABASE")
    tries = tries_of(EMPTY)
    yield tries
    tries.close()
    with psycopg.connect(warehouse.postgres.conninfo(Role.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {EMPTY} with (force)".encode())


@pytest.fixture(scope="session")
def built(tries_of: Callable[[str], Tries], sample_filled: Any) -> Tries:
    """The sample, loaded and built once."""
    return tries_of(sample_filled.name)


@pytest.fixture(scope="session")
def build_again(warehouse: settings.Settings, sample_filled: Any) -> Callable[..., None]:
    """Call it to build the sample's models once more."""

    def build(*options: str) -> None:
        variables = {
            "OKR_PG_DATABASE": sample_filled.name,
            "OKR_AS_OF": sample_filled.as_of.isoformat(),
            "DBT_TARGET_PATH": str(warehouse.home / f"target-{sample_filled.name}"),
        }
        command = [str(Path(sys.executable).with_name("dbt")), "run", "--log-level-file", "none", *options]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]

    return build
