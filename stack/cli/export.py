"""`okr export documents`: the model-ready documents as a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
import psycopg
from psycopg.rows import dict_row

import settings
from settings import Role
from stack.cli.command import LazyGroup, command
from stack.errors import StackError
from stack.postgres_server import PostgresServer, last_line

__all__ = ["documents", "export"]

BATCH = 1000
Cursor = psycopg.ServerCursor[dict[str, Any]]
QUERY = "select * from okr_curated.okr_documents order by objective_key"


@click.group(
    "export",
    cls=LazyGroup,
    lazy={"documents": "stack.cli.export:documents"},
    examples=("okr export documents", "okr export documents --format parquet --output documents.parquet"),
)
def export() -> None:
    """Write tables of the warehouse to files."""


@command(
    "documents",
    "okr export documents > documents.jsonl",
    "okr export documents --format parquet --output documents.parquet",
    "okr export documents --output documents.jsonl --json",
)
@click.option(
    "--format", "layout", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; jsonl may go to standard output.",
)
@click.option("--json", "as_json", is_flag=True, help="Say what was written in JSON; needs --output.")
def documents(layout: str, output: Path | None, as_json: bool) -> None:
    """Write one JSON document per objective.

    It holds the objective's key results with their check-ins and numbers. Parquet holds the document as
    text beside the table's other columns.
    """
    if output is None and (layout == "parquet" or as_json):
        raise click.UsageError(f"{'--json' if as_json else '--format parquet'} needs --output")
    config = settings.load()
    if config.postgres.is_embedded and PostgresServer(config).process() is None:
        raise StackError("Postgres is not running; `okr run` starts it")
    try:
        count = write(config, layout, output)
    except psycopg.errors.UndefinedTable as problem:
        raise StackError("okr_curated.okr_documents does not exist yet; `okr run` builds it") from problem
    except psycopg.Error as problem:
        raise StackError(last_line(str(problem))) from problem
    except OSError as problem:
        if output is None:
            raise  # who reads our output went away, which click knows how to end
        raise StackError(f"--output {str(output)!r} cannot be written: {problem.strerror}") from problem
    if as_json:
        click.echo(json.dumps({"documents": count, "format": layout, "output": str(output)}))
    elif output:
        click.echo(f"{count:,} documents written to {output}")


def write(config: settings.Settings, layout: str, output: Path | None) -> int:
    """Write every document; returns how many. A file appears only when it is complete."""
    address = config.postgres.conninfo(Role.ANALYST)
    with (
        psycopg.connect(address, row_factory=dict_row) as connection,
        connection.cursor("documents") as cursor,
    ):
        cursor.execute(QUERY)
        if output is None:
            return _write_lines(cursor, sys.stdout)
        fresh = output.with_name(output.name + ".part")
        try:
            if layout == "parquet":
                count = _write_parquet(cursor, fresh)
            else:
                with fresh.open("w", encoding="utf-8") as file:
                    count = _write_lines(cursor, file)
            fresh.rename(output)
        finally:
            fresh.unlink(missing_ok=True)
        return count


def _batches(cursor: Cursor) -> Iterator[list[dict[str, Any]]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, default=str)


def _write_lines(cursor: Cursor, file: IO[str]) -> int:
    count = 0
    for rows in _batches(cursor):
        file.writelines(" ".join(_text(row["document"]).splitlines()) + "\n" for row in rows)
        count += len(rows)
    return count


def _write_parquet(cursor: Cursor, path: Path) -> int:
    import pyarrow  # noqa: PLC0415 - a heavy import only Parquet needs
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {
        "int2": pyarrow.int64(),
        "int4": pyarrow.int64(),
        "int8": pyarrow.int64(),
        "date": pyarrow.date32(),
    }
    count = 0
    batches = _batches(cursor)
    rows = next(batches, [])  # a server-side cursor knows its columns after the first rows
    types = cursor.connection.adapters.types
    names = [
        (column.name, getattr(types.get(column.type_code), "name", "")) for column in cursor.description or []
    ]
    schema = pyarrow.schema([(name, kinds.get(kind, pyarrow.string())) for name, kind in names])
    plain = {name for name, kind in names if kind in kinds}
    with parquet.ParquetWriter(path, schema) as writer:
        while rows:
            texts = [
                {
                    name: value if value is None or name in plain else _text(value)
                    for name, value in row.items()
                }
                for row in rows
            ]
            writer.write_table(pyarrow.Table.from_pylist(texts, schema=schema))
            count += len(rows)
            rows = next(batches, [])
    return count
