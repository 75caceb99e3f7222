"""`okr load`, `okr files`, `okr rejects`: the loader's own commands, on services that are up."""

from __future__ import annotations

import subprocess

import click

import settings
from stack import embedded
from stack.cli.command import command
from stack.pipeline.child import environment, part
from stack.run_lock import run_lock

__all__ = ["files", "load", "rejects"]

PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}
arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)


@command(
    "load",
    "okr load",
    "okr load exports/ --dry-run",
    "okr load --watch",
    "okr load --json",
    context_settings=PASS_ON,
)
@arguments
def load(arguments: tuple[str, ...]) -> None:
    """Load new files only.

    Takes [PATH…] [--data DIR] [--watch] [--dry-run] [--as-of DATE] [--known-at published|recorded] [--json].
    Starts Postgres and Kafka where they are missing. The warehouse is built by `okr run`, or by `dbt build`.
    """
    config = settings.load()
    passed = ["--events" if word == "--json" else word for word in arguments]
    if {"--dry-run", "--help"} & set(passed):
        raise SystemExit(_delegate("load", *passed))
    with run_lock(config.home, "okr load"):
        embedded.start_services(config)
        raise SystemExit(_delegate("load", *passed))


@command(
    "files",
    "okr files list",
    "okr files list --status unknown --json",
    "okr files show acme/teams.csv",
    "okr files release acme/teams.csv",
    "okr files retract acme/teams.csv --reason 'wrong tenant'",
    "okr files reclassify acme/cycles.csv template.cycles --column ends=end_date",
    context_settings=PASS_ON,
)
@arguments
def files(arguments: tuple[str, ...]) -> None:
    """The ledger of files, and what to do with one.

    \b
    list        all files, with what a held or unknown one waits for (--status STATUS)
    show        one file with its arrivals
    release     publish a held file, or one that was retracted
    retract     take a file out as if it had never come; what was said before stays
    reclassify  take its rows for another dataset, without reloading

    A FILE is its path or the beginning of its id. `okr files COMMAND --help` tells more; all take --json.
    """
    raise SystemExit(_delegate("files", *arguments))


@command(
    "rejects",
    "okr rejects list",
    "okr rejects list --json",
    "okr rejects show acme/teams.csv 12",
    "okr rejects replay acme/teams.csv",
    "okr rejects replay acme/teams.csv 12 --text-file mended.txt",
    context_settings=PASS_ON,
)
@arguments
def rejects(arguments: tuple[str, ...]) -> None:
    """Rows that could not be read, and replaying them.

    \b
    list    all rejects, with the reason (--file FILE, --open)
    show    one with its text
    replay  read one again, or all of a file, as they were or mended (--text, --text-file)

    `okr rejects COMMAND --help` tells more; all take --json.
    """
    raise SystemExit(_delegate("rejects", *arguments))


def _delegate(*words: str) -> int:
    return subprocess.run(
        part("ingestion", *words), env=environment(OKR_PROGRAM="okr"), check=False
    ).returncode
