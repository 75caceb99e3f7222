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
    "okr files list --json",
    "okr files show acme/teams.csv",
    context_settings=PASS_ON,
)
@arguments
def files(arguments: tuple[str, ...]) -> None:
    """The ledger of files: list, show."""
    raise SystemExit(_delegate("files", *arguments))


@command(
    "rejects",
    "okr rejects list",
    "okr rejects list --json",
    "okr rejects show acme/teams.csv 12",
    context_settings=PASS_ON,
)
@arguments
def rejects(arguments: tuple[str, ...]) -> None:
    """Rows that could not be read: list, show."""
    raise SystemExit(_delegate("rejects", *arguments))


def _delegate(*words: str) -> int:
    return subprocess.run(
        part("ingestion", *words), env=environment(OKR_PROGRAM="okr"), check=False
    ).returncode
