"""`okr sql`: the warehouse's SQL."""

from __future__ import annotations

import csv
import json
import os
import sys
from typing import Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import settings
from settings import Role
from stack.cli.command import command
from stack.errors import StackError
from stack.postgres_server import PostgresServer, last_line

__all__ = ["sql"]

NARROWEST = 16  # columns of text a column of the table needs to be read
WIDE = 10_000  # columns of text: a table that is piped is never folded


@command(
    "sql",
    "okr sql 'select * from rpt_cycle_summary'",
    "okr sql --csv 'select * from rpt_key_result_forecasts' > forecasts.csv",
    "okr sql --role admin 'select * from okr_raw.files' --json",
    "echo 'select 1' | okr sql",
    "okr sql",
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ANALYST.value,
    show_default=True,
    help="Sign in as this part of the product; admin is the owner.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of objects.")
@click.argument("query", required=False)
def sql(role: str, as_csv: bool, as_json: bool, query: str | None) -> None:
    """Run a QUERY on the warehouse.

    Without one, standard input is read; on a terminal, psql is opened.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other")
    config = settings.load()
    if query is None and sys.stdin.isatty():
        _open_psql(config, Role(role))
    names, rows = _fetch(config, Role(role), sys.stdin.read() if query is None else query)
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([names, *rows] if names else [])
    elif names:
        _print(names, rows)


def _fetch(config: settings.Settings, role: Role, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The last result of the query's statements: column names and rows; both empty where it gives none."""
    if config.postgres.is_embedded and PostgresServer(config).process() is None:
        raise StackError("Postgres is not running; `okr run` starts it")
    try:
        with psycopg.connect(config.postgres.conninfo(role)) as connection:
            cursor = connection.execute(query.encode())
            while cursor.nextset():
                pass
            return (
                ([column.name for column in cursor.description], cursor.fetchall())
                if cursor.description
                else ([], [])
            )
    except psycopg.OperationalError as problem:
        raise StackError(last_line(str(problem))) from problem
    except psycopg.Error as problem:
        raise StackError(str(problem).strip().split("\n", 1)[0]) from problem


def _print(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    terminal = sys.stdout.isatty()
    console = Console() if terminal else Console(width=WIDE)
    if terminal and len(names) > console.width // NARROWEST:
        _print_rows(console, names, rows)
    else:
        table = Table(*names, box=box.SIMPLE_HEAD if terminal else box.ASCII2, header_style="bold")
        for row in rows:
            table.add_row(*map(_shown, row))
        console.print(table, crop=False)
    console.print(f"({len(rows)} row{'' if len(rows) == 1 else 's'})", highlight=False)


def _print_rows(console: Console, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """A row below the other, a line a column, as psql's expanded form: for more columns than a line holds."""
    for number, row in enumerate(rows, start=1):
        table = Table(box=None, show_header=False, title=f"row {number}", title_justify="left")
        for name, value in zip(names, row, strict=True):
            table.add_row(f"[bold]{escape(name)}[/]", _shown(value))
        console.print(table)


def _shown(value: Any) -> str:
    return "" if value is None else escape(str(value))


def _open_psql(config: settings.Settings, role: Role) -> None:
    """Become psql, the one that comes with the server; a password goes by the environment."""
    address = conninfo_to_dict(config.postgres.conninfo(role))
    password = address.pop("password", None)
    if password:
        os.environ["PGPASSWORD"] = str(password)
    program = str(PostgresServer(config).binaries() / "psql")
    os.execv(program, [program, psycopg.conninfo.make_conninfo("", **address)])
