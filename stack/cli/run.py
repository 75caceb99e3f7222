"""`okr run`: from the files to the forecast."""

from __future__ import annotations

import json
import signal
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

import settings
from stack.cli.command import command, json_option
from stack.pipeline.facts import collect
from stack.pipeline.history import record_stages
from stack.pipeline.reporters import reporter_for
from stack.pipeline.screen import show
from stack.pipeline.stage import run_stages
from stack.pipeline.stages import Run
from stack.run_lock import run_lock

__all__ = ["run"]

PLAIN_WIDTH = 120
DEFAULT_DATA = (settings.ROOT / "data" / "raw").resolve()


@command("run", "okr run", "okr run --data ~/exports", "okr run --as-of 2026-03-31 --json")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of CSV files (OKR_DATA).",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date the numbers are asked for (OKR_AS_OF; today)."
)
@json_option
def run(data: Path | None, as_of: datetime | None, as_json: bool) -> None:
    """Make forecasts of the CSV files, and print the result.

    Loads the files, builds and tests the warehouse, checks, trains and scores. Takes what is new since
    the last run. Where there is no CSV file at all and no folder was named, it writes a sample
    organisation first and says so. Postgres and Kafka stay up afterwards.
    """
    config = settings.load()
    folder = (data or config.data).expanduser().resolve()
    usual = folder == DEFAULT_DATA
    if not usual and not folder.is_dir():
        raise click.UsageError(
            f"OKR_DATA={str(folder)!r}: no such folder; make it, or name one that is there"
        )
    begin = time.monotonic()
    job = Run(
        config=config,
        data=folder,
        as_of=as_of.date() if as_of else config.resolved_as_of(),
        may_write_sample=usual and data is None,
    )
    run_id = uuid.uuid4().hex
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with run_lock(config.home, "okr run"):
        try:
            with reporter_for(Console(stderr=as_json)) as reporter:
                results = run_stages(job.stages(), reporter, job.end)
        except KeyboardInterrupt as stop:
            raise click.ClickException("stopped; `okr run` takes up where it was") from stop
        record_stages(config, run_id, list(results.values()))
        asked = {"run_id": run_id, "as_of": job.as_of.isoformat(), "data": str(job.data)}
        facts = collect(config, results, asked)
    facts["seconds"] = round(time.monotonic() - begin, 1)
    if as_json:
        click.echo(json.dumps(facts, indent=2, default=str))
    else:
        show(facts, Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH))
    if facts["outcome"] != "done":
        raise SystemExit(1)
