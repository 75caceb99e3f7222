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
    """Write one JSON document per objective, with its key results, check-ins and numbers.

    Parquet holds the document as text beside the table's other columns.
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
        raise StackError(f"--output {str(output)!r} cannot be written: {problem.strerror}") from problem
    if as_json:
        click.echo(json.dumps({"documents": count, "format": layout, "output": str(output)}))
    elif output:
        click.echo(f"{count:,} documents written to {output}")


def write(config: settings.Settings, layout: str, output: Path | None) -> int:
    """Write every document; returns how many. A file appears only when it is complete."""
    batches = _batches(config)
    if output is None:
        return _write_lines(batches, sys.stdout)
    fresh = output.with_name(output.name + ".part")
    try:
        if layout == "parquet":
            count = _write_parquet(batches, fresh)
        else:
            with fresh.open("w", encoding="utf-8") as file:
                count = _write_lines(batches, file)
        fresh.rename(output)
    finally:
        fresh.unlink(missing_ok=True)
    return count


def _batches(config: settings.Settings) -> Iterator[list[dict[str, Any]]]:
    address = config.postgres.conninfo(Role.ANALYST)
    with (
        psycopg.connect(address, row_factory=dict_row) as connection,
        connection.cursor("documents") as cursor,
    ):
        cursor.execute(QUERY)
        while rows := cursor.fetchmany(BATCH):
            yield rows


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, default=str)


def _write_lines(batches: Iterator[list[dict[str, Any]]], file: IO[str]) -> int:
    count = 0
    for rows in batches:
        file.writelines(" ".join(_text(row["document"]).splitlines()) + "\n" for row in rows)
        count += len(rows)
    return count


def _write_parquet(batches: Iterator[list[dict[str, Any]]], path: Path) -> int:
    import pyarrow  # noqa: PLC0415 - a heavy import only Parquet needs
    from pyarrow import parquet  # noqa: PLC0415

    count, writer = 0, None
    for rows in batches:
        table = pyarrow.Table.from_pylist([{**row, "document": _text(row["document"])} for row in rows])
        if writer is None:
            writer = parquet.ParquetWriter(path, table.schema)
        writer.write_table(table.cast(writer.schema))
        count += len(rows)
    if writer is None:
        writer = parquet.ParquetWriter(
            path, pyarrow.schema([("objective_key", pyarrow.string()), ("document", pyarrow.string())])
        )
    writer.close()
    return count
