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

QUERY = "select * from okr_curated.rpt_lineage where model_name = %s and row_key = %s"


@command("explain", "okr explain fct_check_ins 3f2c…", "okr explain fct_key_result_weeks KEY --json")
@click.argument("table")
@click.argument("key")
@json_option
def explain(table: str, key: str, as_json: bool) -> None:
    """Show which files and lines the row KEY of a curated TABLE was made from."""
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
        click.echo("  ".join(f"{name}={value}" for name, value in row.items() if value is not None))


def _lineage(config: settings.Settings, table: str, key: str) -> list[dict[str, Any]]:
    try:
        with psycopg.connect(config.postgres.conninfo(Role.ANALYST), row_factory=dict_row) as connection:
            return connection.execute(QUERY, [table, key]).fetchall()
    except psycopg.errors.UndefinedTable as problem:
        raise StackError("okr_curated.rpt_lineage does not exist yet; `okr run` builds it") from problem
    except psycopg.Error as problem:
        raise StackError(last_line(str(problem))) from problem
