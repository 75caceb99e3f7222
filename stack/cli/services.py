"""`okr status`, `okr down`, `okr reset`."""

from __future__ import annotations

import json
import shutil

import click

import settings
from stack import services
from stack.cli.command import command, json_option
from stack.run_lock import run_lock

__all__ = ["down", "reset", "status"]


@command("status", "okr status", "okr status --json")
@json_option
def status(as_json: bool) -> None:
    """Tell how each service is; exit code 1 unless all are healthy."""
    found = services.status(settings.load())
    if as_json:
        click.echo(json.dumps({"url": None, "services": [health.facts() for health in found]}))
    else:
        for health in found:
            click.echo(f"{health.name:<10} {health.health:<8} {health.reason}")
    if any(health.health != "healthy" for health in found):
        raise SystemExit(1)


@command("down", "okr down")
@json_option
def down(as_json: bool) -> None:
    """Stop the embedded Postgres and Kafka; everything they hold stays."""
    config = settings.load()
    with run_lock(config.home, "okr down"):
        told = services.stop_services(config)
    click.echo(json.dumps(told) if as_json else ", ".join(f"{name} {state}" for name, state in told.items()))


@command("reset", "okr reset", "okr reset --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reset(yes: bool, as_json: bool) -> None:
    """Throw the embedded warehouse away: databases, topics, models, logs. Your CSV files stay."""
    config = settings.load()
    if not yes:
        click.confirm(f"Throw away everything in {config.home}?", abort=True, err=True)
    with run_lock(config.home, "okr reset"):
        services.stop_services(config)
        removed = [name for name in services.KEPT_IN_HOME if (config.home / name).exists()]
        for name in removed:
            shutil.rmtree(config.home / name)
    left = [
        name
        for name, embedded in (("Postgres", config.postgres.is_embedded), ("Kafka", config.kafka.is_embedded))
        if not embedded
    ]
    if as_json:
        click.echo(json.dumps({"home": str(config.home), "removed": removed, "left_alone": left}))
        return
    click.echo(f"Threw away {', '.join(removed) or 'nothing'} of {config.home}; `okr run` starts afresh")
    for name in left:
        click.echo(f"The external {name} was left alone")
