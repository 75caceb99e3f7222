"""The command line of ingestion."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

import settings
from ingestion import dry_run, ledger, loading, publish_updates
from ingestion.csv_source import CSV_SOURCE
from ingestion.discovery import BASES
from ingestion.errors import ConfigError, IngestionError
from ingestion.events import Teller
from ingestion.postgres import PostgresDatabase
from ingestion.table_source import TABLE_SOURCE
from ingestion.warehouse_sink import WAREHOUSE_SINK

__all__ = ["cli"]

WATCH_MINIMUM_AGE_MS = 1000
P = ParamSpec("P")
R = TypeVar("R")


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one line and exit code 1, or 2 where the configuration is wrong."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, settings.SettingsError) as problem:
            raise click.UsageError(str(problem)) from problem
        except IngestionError as problem:
            raise click.ClickException(str(problem)) from problem

    return wrapped


@click.group()
def cli() -> None:
    """Bring CSV files through Kafka into the warehouse, exactly once.

    Example: python -m ingestion load --data data/raw
    """
    logging.basicConfig(
        level=os.environ.get("OKR_LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s %(message)s"
    )


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Data root. Default: OKR_DATA.",
)
@click.option("--watch", is_flag=True, help="Go on taking what comes, until interrupted.")
@click.option(
    "--dry-run", "only_look", is_flag=True, help="Show what would be done, without Kafka or database."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date of the snapshots found.")
@click.option("--known-at", type=click.Choice(BASES), help="Override what each instance.yml says.")
@click.option("--events", is_flag=True, help="Print JSON lines.")
@one_line_errors
def load(paths: tuple[Path, ...], data: Path | None, events: bool, **options: Any) -> None:
    """Load what is new under the data root, or only PATHS.

    A path outside the data root is a source instance of its own, named after its folder.

    Example: python -m ingestion load exports/acme --as-of 2026-01-31
    """
    configured = settings.load()
    source: dict[str, Any] = {
        "input.path": str((data or configured.data).resolve()),
        "input.paths": [str(path.resolve()) for path in paths],
        "as.of": options["as_of"].date().isoformat() if options["as_of"] else "",
        "known.at": options["known_at"] or "",
        "mode": "watch" if options["watch"] else "once",
    }
    if options["watch"]:
        source["file.minimum.age.ms"] = WATCH_MINIMUM_AGE_MS
    tell = Teller(as_json=events)
    if options["only_look"]:
        dry_run.show(source, tell)
        return
    try:
        facts = loading.load(configured, source, tell)
    except KeyboardInterrupt:
        tell({"event": "message", "stage": "load", "text": "stopped"})
        return
    tell(
        {
            "event": "done",
            "stage": "load",
            "done": facts["rows_loaded"],
            "total": facts["rows_read"],
            "text": _summary(facts),
            **facts,
        }
    )


@cli.command("publish-updates")
@click.option("--events", is_flag=True, help="Print JSON lines.")
@one_line_errors
def publish_updates_command(events: bool) -> None:
    """Send changes of key results and signals to their topics, until caught up.

    Example: python -m ingestion publish-updates
    """
    tell = Teller(as_json=events)
    facts = publish_updates.publish(settings.load(), tell)
    text = f"{facts['updates']} updates and {facts['signals']} signals sent in {facts['seconds']:.1f} s"
    tell(
        {
            "event": "done",
            "stage": "publish-updates",
            "done": facts["updates"] + facts["signals"],
            "total": None,
            "text": text,
            **facts,
        }
    )


@cli.group()
def files() -> None:
    """Look at the ledger of files. Example: python -m ingestion files list --status held."""


@files.command("list")
@click.option("--status", type=click.Choice(["loading", "loaded", "held", "failed", "retracted", "ignored"]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def list_files(status: str | None, as_json: bool) -> None:
    """List files, ignored ones too. Example: python -m ingestion files list."""
    found = ledger.list_files(_database(), status)
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


@files.command("show")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def show_file(file: str, as_json: bool) -> None:
    """Show one FILE, by path or start of its id. Example: python -m ingestion files show acme/teams.csv."""
    _show(ledger.find_file(_database(), file), as_json)


@cli.group()
def rejects() -> None:
    """Look at rows that could not be read. Example: python -m ingestion rejects list."""


@rejects.command("list")
@click.option("--file", "file", help="Only of this file: path or the beginning of its id.")
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@one_line_errors
def list_rejects(file: str | None, limit: int, as_json: bool) -> None:
    """List rejects. Example: python -m ingestion rejects list --file acme/teams.csv."""
    database = _database()
    file_id = ledger.find_file(database, file)["file_id"] if file else None
    found = ledger.list_rejects(database, file_id, limit)
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
    database = _database()
    file_id = ledger.find_file(database, file)["file_id"]
    found = [
        entry for entry in ledger.list_rejects(database, file_id, 10**6) if entry["row_number"] == row_number
    ]
    if not found:
        raise IngestionError(
            f"no reject of row {row_number} in '{file}': `okr rejects list --file {file}` shows all"
        )
    _show(found[0], as_json)


@cli.command()
def reference() -> None:
    """Print the reference of all configuration keys, as Markdown. Example: python -m ingestion reference."""
    click.echo(
        "\n\n".join(
            [
                CSV_SOURCE.reference("CsvSource"),
                WAREHOUSE_SINK.reference("WarehouseSink"),
                TABLE_SOURCE.reference("TableSource"),
            ]
        )
    )


def _database() -> PostgresDatabase:
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


def _summary(facts: Mapping[str, Any]) -> str:
    lines = [f"{note['status']}: {note['path']}: {note['reason']}" for note in facts["notes"]]
    lines += [f"ignored: {entry['path']}: {entry['reason']}" for entry in facts["ignored"]]
    lines.append(
        f"{facts['files']} new files ({facts['files_held']} held, {facts['files_failed']} failed, "
        f"{facts['files_unknown']} unknown), {facts['unchanged']} unchanged, "
        f"{facts['files_ignored']} ignored: "
        f"{facts['rows_read']} rows read = {facts['rows_loaded']} loaded + {facts['rows_rejected']} rejected "
        f"+ {facts['rows_skipped']} skipped, in {facts['seconds']:.1f} s"
    )
    return "\n".join(lines)
