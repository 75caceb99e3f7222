"""`okr explain`: a number's way back to file and line."""

from __future__ import annotations

import json
from typing import Any

import click
import psycopg
from psycopg.rows import dict_row

import settings
from settings import Role
from stack.cli.command import command, json_option
from stack.errors import StackError
from stack.postgres_server import PostgresServer, last_line

__all__ = ["explain"]

WITH_KEY = """
select table_name from information_schema.columns
where table_schema = 'okr_curated' and column_name = 'key_result_key'
order by table_name
"""
LINEAGE = """
select number_name, number_value, path, line_number, row_number, dataset, published_at, publish_seq, file_id
from okr_curated.rpt_lineage
where key_result_key = %s
order by number_name
"""


@command("explain", "okr explain fct_key_results KEY", "okr explain rpt_key_result_forecasts KEY --json")
@click.argument("table")
@click.argument("key")
@json_option
def explain(table: str, key: str, as_json: bool) -> None:
    """Show which file and line each number comes from.

    TABLE is a curated table with key results, KEY the `key_result_key` of one of its rows.
    """
    config = settings.load()
    if config.postgres.is_embedded and PostgresServer(config).process() is None:
        raise StackError("Postgres is not running; `okr run` starts it")
    rows = _lineage(config, table, key)
    if not rows:
        raise StackError(f"okr_curated.rpt_lineage knows no row {key!r} of {table!r}")
    if as_json:
        click.echo(json.dumps(rows, default=str))
        return
    for row in rows:
        where = f"{row['path']} line {row['line_number']}, published {row['published_at']:%Y-%m-%d %H:%M}"
        click.echo(f"{row['number_name']:<6} {row['number_value']}  from {where}")


def _lineage(config: settings.Settings, table: str, key: str) -> list[dict[str, Any]]:
    try:
        with psycopg.connect(config.postgres.conninfo(Role.ANALYST), row_factory=dict_row) as connection:
            known = [row["table_name"] for row in connection.execute(WITH_KEY)]
            if table not in known:
                raise StackError(
                    f"okr_curated has no table {table!r} with numbers of key results: "
                    + (f"one of {', '.join(known)}" if known else "`okr run` builds them")
                )
            return connection.execute(LINEAGE, [key]).fetchall()
    except psycopg.errors.UndefinedTable as problem:
        raise StackError("okr_curated.rpt_lineage does not exist yet; `okr run` builds it") from problem
    except psycopg.Error as problem:
        raise StackError(last_line(str(problem))) from problem
