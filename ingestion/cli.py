"""The command line of ingestion."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

import settings
from ingestion import beside_worker, dry_run, loading, publish_updates
from ingestion.act_commands import files, rejects
from ingestion.command import NamedGroup, one_line_errors
from ingestion.config_definition import check_variables
from ingestion.csv_source import CSV_SOURCE
from ingestion.discovery import BASES
from ingestion.events import Teller
from ingestion.table_source import TABLE_SOURCE
from ingestion.turn import take_turn
from ingestion.warehouse_sink import WAREHOUSE_SINK

__all__ = ["cli"]

WATCH_MINIMUM_AGE_MS = 1000


@click.group(cls=NamedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@one_line_errors
def cli() -> None:
    """Bring CSV files through Kafka into the warehouse, exactly once.

    Example: python -m ingestion load --data data/raw
    """
    logging.basicConfig(
        level=os.environ.get("OKR_LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s %(message)s"
    )
    check_variables(CSV_SOURCE, WAREHOUSE_SINK, TABLE_SOURCE)


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
        facts = take_turn(
            configured,
            "load",
            tell,
            alone=lambda: loading.load(configured, source, tell),
            beside=lambda holder: beside_worker.load(configured, source, tell, holder),
        )
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
    configured = settings.load()
    facts = take_turn(
        configured,
        "publish-updates",
        tell,
        alone=lambda: publish_updates.publish(configured, tell),
        beside=lambda holder: beside_worker.publish_updates(configured, tell, holder),
    )
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


@cli.command()
@one_line_errors
def worker() -> None:
    """Run all connectors for good: watch the data root, load, send updates and signals.

    Health, metrics and Kafka Connect's REST API are on 127.0.0.1, port OKR_WORKER_PORT.

    Example: python -m ingestion worker
    """
    # The web side is only needed here, and tasks are forked from what this module imports.
    from ingestion import worker_command  # noqa: PLC0415

    worker_command.run(settings.load())


cli.add_command(files)
cli.add_command(rejects)


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
