"""A database that is not there: it keeps each statement, answers what dbt asks about itself, runs nothing.

dbt renders a materialization only while it runs it, so the drivers' `connect` is replaced and the real dbt,
adapters and macros do the rest. Answers come from the project's own YAML; nothing here says that SQL works.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import oracledb
import psycopg2
from dbt.adapters.oracle.impl import OracleAdapter
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt_common.events.contextvars import get_node_info

Node = Any
"""One node of dbt's manifest."""

TEST_COLUMNS = ("failures", "should_warn", "should_error")
GRANT_COLUMNS = ("grantee", "privilege_type")


@dataclass
class OfflineDatabase:
    """What dbt was told, what it asked, and what it wanted to be run."""

    nodes: dict[str, Node]
    exists: bool = False
    failing_test: str = ""
    statements: list[tuple[str, str]] = field(default_factory=list)
    sent: set[tuple[str, str]] = field(default_factory=set)

    def keep(self, sql: str) -> None:
        """Remember a statement and the node that sent it, once."""
        entry = (self.node_id(), sql.strip())
        if entry not in self.sent:
            self.sent.add(entry)
            self.statements.append(entry)

    def node_id(self) -> str:
        """The node that dbt works on in this thread; empty for hooks of the run."""
        return str(get_node_info().get("unique_id", ""))

    def answer(self, sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Columns and rows: a test's verdict, or no rows at all."""
        if all(column in sql for column in TEST_COLUMNS):
            fails = self.failing_test and self.node_id() == self.failing_test
            return TEST_COLUMNS, [(3, True, True) if fails else (0, False, False)]
        if GRANT_COLUMNS[1] in sql or "all_tab_privs" in sql:
            return GRANT_COLUMNS, []
        return ("answer",), []

    def relations(self, adapter: Any, schema_relation: Any) -> list[Any]:
        """Everything the project makes in a schema, once there was a first build."""
        if not self.exists:
            return []
        made = [node for node in self.nodes.values() if node.schema.lower() == schema_relation.schema.lower()]
        return [
            adapter.Relation.create(
                database=schema_relation.database,
                schema=schema_relation.schema,
                identifier=node.alias,
                type="view" if node.config.materialized == "view" else "table",
            )
            for node in made
            if node.config.materialized not in ("ephemeral", "test")
        ]

    def columns(self, adapter: Any, name: str) -> list[Any]:
        """The columns that the project's YAML gives a relation, or the node dbt works on."""
        by_name = {node.alias.lower(): node for node in self.nodes.values()}
        node = by_name.get(name.lower()) or self.nodes.get(self.node_id())
        described = node.columns.values() if node else []
        return [
            adapter.Column.create(column.name, column.data_type or "varchar(4000)") for column in described
        ]


class OfflineCursor:
    """The part of DB-API that the two adapters use."""

    statusmessage = "OFFLINE"
    rowcount = 0

    def __init__(self, database: OfflineDatabase) -> None:
        self._database = database
        self._rows: list[tuple[Any, ...]] = []
        self.description: list[tuple[Any, ...]] | None = None

    def __enter__(self) -> OfflineCursor:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def execute(self, sql: str, bindings: Any = None) -> None:
        """Keep the statement; make its answer ready."""
        self._database.keep(sql)
        names, self._rows = self._database.answer(sql)
        self.description = [(name, None, None, None, None, None, None) for name in names]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        return self._rows

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """The first rows of the answer."""
        return self._rows[:size]

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row of the answer."""
        return self._rows[0] if self._rows else None

    def close(self) -> None:
        """Nothing is open."""


class OfflineConnection:
    """A connection to nothing; the adapters set attributes on it as on a real one."""

    closed = 0
    autocommit = False

    def __init__(self, database: OfflineDatabase) -> None:
        self._database = database

    def cursor(self, *_: object, **__: object) -> OfflineCursor:
        """A cursor that keeps what it is given."""
        return OfflineCursor(self._database)

    def commit(self) -> None:
        """Nothing to commit."""

    def rollback(self) -> None:
        """Nothing to undo."""

    def close(self) -> None:
        """Nothing to close."""


def take_the_place_of_drivers(database: OfflineDatabase) -> None:
    """From here on this process reaches no database: dbt's connections lead to `database`."""

    def connect(*_: object, **__: object) -> OfflineConnection:
        return OfflineConnection(database)

    def relations(adapter: Any, schema_relation: Any) -> list[Any]:
        return database.relations(adapter, schema_relation)

    def columns_of_relation(adapter: Any, relation: Any) -> list[Any]:
        return database.columns(adapter, relation.identifier)

    def columns_of_query(adapter: Any, sql: str) -> list[Any]:
        adapter.connections.add_select_query(sql)
        return database.columns(adapter, "")

    def schemas(*_: object) -> list[str]:
        return sorted({node.schema for node in database.nodes.values()})

    replaced: tuple[Any, ...] = (psycopg2, oracledb)
    for driver in replaced:
        driver.connect = connect
    adapters: tuple[Any, ...] = (PostgresAdapter, OracleAdapter)
    for adapter_class in adapters:
        adapter_class.list_relations_without_caching = relations
        adapter_class.get_columns_in_relation = columns_of_relation
        adapter_class.get_column_schema_from_query = columns_of_query
        adapter_class.list_schemas = schemas
        adapter_class.check_schema_exists = lambda *_: True
