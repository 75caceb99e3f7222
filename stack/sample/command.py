"""`okr demo-data`: write a sample organisation."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from settings import load
from stack.cli.command import command, json_option
from stack.sample.errors import SampleError
from stack.sample.options import SampleOptions
from stack.sample.organisation_files import DEFAULT_SEED, SampleSummary, write

__all__ = ["demo_data"]

DEFAULTS = SampleOptions()


@command(
    "demo-data",
    "okr demo-data",
    "okr demo-data /tmp/sample --as-of 2026-11-23 --seed 42 --quarters 6 --no-signal",
)
@click.argument("target", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--seed",
    default=DEFAULT_SEED,
    show_default=True,
    type=click.IntRange(min=0),
    help="Same seed, same bytes.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day on whose morning (UTC) the files are exported.  [default: OKR_AS_OF, else today]",
)
@click.option(
    "--quarters", default=DEFAULTS.quarters, show_default=True, help="Closed quarters before the running one."
)
@click.option(
    "--teams", default=DEFAULTS.teams, show_default=True, help="Units, departments and teams in all."
)
@click.option(
    "--key-results", default=DEFAULTS.key_results, show_default=True, help="Key results in all, about."
)
@click.option(
    "--signal/--no-signal",
    default=DEFAULTS.signal,
    show_default=True,
    help="Whether history tells more than the owners' own forecasts.",
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@json_option
def demo_data(
    target: Path | None, as_of: datetime | None, *, force: bool, as_json: bool, **chosen: Any
) -> None:
    """Write the CSV files of a sample organisation.

    They are put into the folder TARGET, else the data folder (OKR_DATA). Three business units, a folder
    each, with goals, weekly check-ins and grades in the columns of the template: late, edited,
    back-dated, duplicate and missing check-ins included. Nobody in it exists.
    """
    try:
        seed = chosen.pop("seed")
        options = SampleOptions(**chosen)
    except SampleError as problem:
        raise click.UsageError(str(problem)) from problem
    settings = load()
    folder = target or settings.data
    if not force and _holds_anything(folder):
        raise SampleError(f"{folder} is not empty: name another folder, or say --force to write into it")
    try:
        summary = write(folder, as_of.date() if as_of else settings.resolved_as_of(), seed, options)
    except OSError as problem:
        raise SampleError(f"{problem.filename or folder} can't be written: {problem.strerror}") from problem
    click.echo(json.dumps(asdict(summary), default=str) if as_json else _sentences(summary))


def _holds_anything(folder: Path) -> bool:
    """Whether a folder holds more than its README and hidden files such as .gitkeep."""
    return folder.is_dir() and any(not entry.name.startswith((".", "README")) for entry in folder.iterdir())


def _sentences(summary: SampleSummary) -> str:
    character = "history says more than forecasts" if summary.signal else "history adds nothing to forecasts"
    return (
        f"Sample organisation written to {summary.target}: {summary.files} files, {summary.rows:,} rows.\n"
        f"{summary.key_results:,} key results of {summary.teams} teams in {summary.quarters} quarters, "
        f"as of {summary.as_of} (seed {summary.seed}; {character})."
    )
