"""Digests of every table of okr_raw, over all columns but those that tell of transport and process."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
from psycopg import sql

import settings
from settings import Role

__all__ = ["differences", "digests"]

PROCESS_COLUMNS = {
    *("topic_partition", "topic_offset", "publish_seq", "outbox_id"),
    *("loaded_at", "rejected_at", "discovered_at", "last_seen_at", "known_at", "created_at", "updated_at"),
}
PROCESS_TABLES = {"positions"}
EXPRESSIONS = {("outbox", "payload"): "t.payload - 'publish_seq'"}
# publish_seq itself is of the process; that A, B, A is published in this order at its path is not.
MORE = {
    "publications": (
        ", row_number() over (partition by a.path order by t.publish_seq)",
        "left join okr_raw.arrivals a on a.arrival_id = t.arrival_id",
    )
}
COLUMNS = """
    select c.table_name, c.column_name from information_schema.columns c
    inner join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'okr_raw' and t.table_type = 'BASE TABLE'
    order by c.table_name, c.ordinal_position
"""
ROWS_SHOWN = 3
LONGEST_ROW = 240


def digests(config: settings.Settings, database: str) -> dict[str, str]:
    """Number of rows and digest of each table, whatever order its rows were written in."""
    with psycopg.connect(config.postgres.conninfo(Role.ADMIN, database)) as connection:
        found = {}
        for table, query in _queries(connection).items():
            digest = sql.SQL(
                "select count(*), coalesce(md5(string_agg(line, '' order by line)), '') "
                "from (select md5(cast(r as text)) as line from ({}) r) hashed"
            ).format(query)
            count, text = _one(connection, digest)
            found[table] = f"{count} rows, {text}"
        return found


def differences(config: settings.Settings, expected: str, found: str) -> list[str]:
    """The first rows of each table that only one of two databases has, a line each."""
    rows = [_rows(config, database) for database in (expected, found)]
    lines = []
    for table in sorted(rows[0].keys() | rows[1].keys()):
        before, after = (each.get(table, Counter()) for each in rows)
        for what, surplus in (("is missing", before - after), ("is too much", after - before)):
            total = surplus.total()
            first = sorted(surplus.elements())[:ROWS_SHOWN]
            lines += [f"okr_raw.{table}: {what} ({total} in all): {row[:LONGEST_ROW]}" for row in first]
    return lines


def _rows(config: settings.Settings, database: str) -> dict[str, Counter[str]]:
    with psycopg.connect(config.postgres.conninfo(Role.ADMIN, database)) as connection:
        return {
            table: Counter(
                row[0]
                for row in connection.execute(sql.SQL("select cast(r as text) from ({}) r").format(query))
            )
            for table, query in _queries(connection).items()
        }


def _queries(connection: psycopg.Connection[Any]) -> dict[str, sql.Composed]:
    """A select of what counts, per table; a column that a later version adds counts by itself."""
    columns: dict[str, list[sql.Composable]] = {}
    for table, column in connection.execute(COLUMNS).fetchall():
        if table in PROCESS_TABLES or column in PROCESS_COLUMNS:
            continue
        own = EXPRESSIONS.get((table, column))
        columns.setdefault(table, []).append(
            sql.SQL(own) if own else sql.SQL("t.{}").format(sql.Identifier(column))
        )
    queries = {}
    for table, names in columns.items():
        more, join = MORE.get(table, ("", ""))
        queries[table] = sql.SQL("select {}{} from {} t {}").format(
            sql.SQL(", ").join(names), sql.SQL(more), sql.Identifier("okr_raw", table), sql.SQL(join)
        )
    return queries


def _one(connection: psycopg.Connection[Any], query: sql.Composed) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    assert found is not None
    return tuple(found)
