"""`okr up`: everything as services behind one URL."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

import settings
from stack.cli.command import command, json_option
from stack.keeper.going_up import Start, WentUp
from stack.keeper.survey import survey
from stack.pipeline.reporters import reporter_for
from stack.pipeline.stage import Verdict
from stack.run_lock import run_lock

__all__ = ["up"]


@command("up", "okr up", "okr up --json")
@json_option
def up(as_json: bool) -> None:
    """Start every service, and keep them up.

    Each starts as soon as what it needs is healthy. Takes over the Postgres and Kafka that `okr run` has
    started. A second `okr up` starts what does not run.
    """
    config = settings.load()
    seen = survey(config)
    if seen.is_kept and seen.is_healthy:
        told = {**seen.facts(), "seconds": 0.0, "admin_password_file": str(config.home / "admin-password")}
        click.echo(json.dumps(told) if as_json else f"Everything is up already: {seen.url}")
        return
    console = Console(stderr=as_json)
    with run_lock(config.home, "okr up"), reporter_for(console) as reporter:
        went = Start(
            config, lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True)
        ).run(reporter)
    if as_json:
        click.echo(json.dumps(went.facts(config)))
    else:
        _show(config, went)
    if not went.is_whole:
        raise SystemExit(1)


def _show(config: settings.Settings, went: WentUp) -> None:
    if went.warning:
        click.echo(f"Warning: {went.warning}")
    if not went.is_whole:
        for name, result in went.results.items():
            if result.verdict is not Verdict.DONE:
                click.echo(f"Error: {name}: {result.text}", err=True)
        click.echo("The others stay up; `okr up` tries again, `okr logs SERVICE` shows more.", err=True)
        sys.stderr.flush()
        return
    password = config.home / "admin-password"
    click.echo(
        f"Everything is up after {went.seconds:.0f} s and takes {went.memory_bytes / 1e9:.2f} GB of memory."
    )
    click.echo(f"Open       {went.url}")
    if password.exists():
        click.echo(f"Sign in    as admin, the password is in {password}")
    click.echo("Look       okr status, okr logs SERVICE        Stop       okr down")
