"""Commands that look at the ledger: `files` and `rejects`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

import click

import settings
from ingestion import ledger
from ingestion.command import NamedGroup, one_line_errors
from ingestion.errors import IngestionError
from ingestion.postgres import PostgresDatabase

__all__ = ["files", "open_database", "rejects"]


@click.group(cls=NamedGroup)
def files() -> None:
    """The ledger of files: look at it, and decide. Example: python -m ingestion files list --status held."""


@files.command("list")
@click.option(
    "--status",
    type=click.Choice(["loading", "loaded", "held", "failed", "retracted", "ignored", "unknown"]),
    help="Only such; unknown: loaded, but of a layout that no dataset has.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def list_files(status: str | None, as_json: bool) -> None:
    """List files, ignored ones too. Example: python -m ingestion files list."""
    found = ledger.list_files(open_database(), status)
    if as_json:
        click.echo(json.dumps(found, default=str))
        return
    if not found:
        click.echo("no files yet: `okr run` or `okr load` takes them")
    for file in found:
        counts = (
            ""
            if file["status"] == "ignored"
            else (
                f" {file['dataset']}: {file['rows_loaded']} loaded, {file['rows_rejected']} rejected, "
                f"{file['rows_skipped']} skipped"
            )
        )
        click.echo(
            f"{file['status']:9} {file['path']}{counts}" + (f" ({file['reason']})" if file["reason"] else "")
        )
        if todo := _what_to_do(file):
            click.echo(f"{'':9} {todo}")


def _what_to_do(file: Mapping[str, Any]) -> str | None:
    """What a file waits for, if it waits for somebody."""
    name = shlex.quote(file["path"])
    if file["status"] == "held":
        return (
            f"look: okr rejects list --file {name}; mend: okr rejects replay {name}; "
            f"take it: okr files release {name}; or not: okr files retract {name}"
        )
    if file["status"] == "loaded" and file["dataset"] == "unknown":
        nearest = file["nearest_dataset"] or "DATASET"
        return f"say what it is: okr files reclassify {name} {nearest} [--column NAME=NAME]"
    return None


@files.command("show")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def show_file(file: str, as_json: bool) -> None:
    """Show one FILE, by path or start of its id. Example: python -m ingestion files show acme/teams.csv."""
    _show(ledger.find_file(open_database(), file), as_json)


@click.group(cls=NamedGroup)
def rejects() -> None:
    """Rows that could not be read: look at them, replay them. Example: python -m ingestion rejects list."""


@rejects.command("list")
@click.option("--file", "file", help="Only of this file: path or the beginning of its id.")
@click.option("--open", "only_open", is_flag=True, help="Only what nobody has settled yet.")
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def list_rejects(file: str | None, only_open: bool, limit: int, as_json: bool) -> None:
    """List rejects, settled ones too. Example: python -m ingestion rejects list --file acme/teams.csv."""
    database = open_database()
    file_id = ledger.find_file(database, file)["file_id"] if file else None
    found = ledger.list_rejects(database, file_id, limit, only_open)
    if as_json:
        click.echo(json.dumps(found, default=_text))
        return
    if not found:
        click.echo("no rejects")
    for reject in found:
        where = f"{reject['path']}:{reject['line_number']} (row {reject['row_number']})"
        click.echo(
            f"{where} {reject['reason_code']}: {reject['reason']}"
            + (" [resolved]" if reject["resolved_at"] else "")
        )


@rejects.command("show")
@click.argument("file")
@click.argument("row_number", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def show_reject(file: str, row_number: int, as_json: bool) -> None:
    """Show one reject of FILE. Example: python -m ingestion rejects show acme/teams.csv 12."""
    database = open_database()
    file_id = ledger.find_file(database, file)["file_id"]
    found = [
        entry for entry in ledger.list_rejects(database, file_id, 10**6) if entry["row_number"] == row_number
    ]
    if not found:
        raise IngestionError(
            f"no reject of row {row_number} in '{file}': `okr rejects list --file {file}` shows all"
        )
    _show(found[0], as_json)


def open_database() -> PostgresDatabase:
    """The warehouse, as the loader."""
    return PostgresDatabase(settings.load().postgres)


def _show(facts: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, default=_text))
        return
    for name, value in facts.items():
        click.echo(f"{name:16} {_text(value) if isinstance(value, bytes) else value}")


def _text(value: Any) -> str:
    return (
        bytes(value).decode("utf-8", "backslashreplace")
        if isinstance(value, bytes | memoryview)
        else str(value)
    )
