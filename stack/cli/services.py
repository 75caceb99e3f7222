"""`okr status`, `okr down`, `okr reset`."""

from __future__ import annotations

import json
import shutil

import click

import settings
from stack import embedded
from stack.cli.command import command, json_option
from stack.keeper.going_down import go_down
from stack.keeper.survey import Survey, survey
from stack.run_lock import run_lock

__all__ = ["down", "reset", "status"]


@command("status", "okr status", "okr status --json")
@json_option
def status(as_json: bool) -> None:
    """Tell how each service is.

    Each is asked itself. Exit code 1 unless all are healthy.
    """
    seen = survey(settings.load())
    if as_json:
        click.echo(json.dumps(seen.facts()))
    else:
        _show(seen)
    if not seen.is_healthy:
        raise SystemExit(1)


def _show(seen: Survey) -> None:
    colours = {"healthy": "green", "starting": "yellow", "stopped": None}
    for each in seen.conditions:
        health = click.style(f"{each.health:<9}", fg=colours.get(each.health, "red"))
        again = f" (started again {each.restarts} times)" if each.restarts else ""
        memory = f"{each.memory_bytes / 1e6:>7,.0f} MB" if each.memory_bytes else " " * 10
        click.echo(f"{each.name:<22} {health} {memory}  {each.reason}{again}")
    room = f"{seen.disk_free_bytes / 1e9:,.1f} GB of disk free"
    started = f", started in {seen.started_in_seconds:.0f} s" if seen.started_in_seconds else ""
    where = f"{seen.url}: " if seen.url else ""
    click.echo(f"{where}{seen.memory_bytes / 1e9:.2f} GB of memory{started}, {room}")
    if seen.note:
        click.echo(seen.note)


@command("down", "okr down", "okr down --json")
@json_option
def down(as_json: bool) -> None:
    """Stop every service; everything they hold stays.

    Those that need others stop first.
    """
    config = settings.load()
    with run_lock(config.home, "okr down"):
        told = go_down(config)
    if as_json:
        click.echo(json.dumps(told))
    elif set(told.values()) <= {"not running", "external"}:
        click.echo("Nothing was running")
    else:
        click.echo(", ".join(f"{name} {state}" for name, state in told.items()))


@command("reset", "okr reset", "okr reset --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reset(yes: bool, as_json: bool) -> None:
    """Throw the embedded warehouse away.

    That is its databases, topics, models, pages, users and logs. Your CSV files stay, and servers of your
    own.
    """
    config = settings.load()
    if not yes:
        click.confirm(f"Throw away everything in {config.home}?", abort=True, err=True)
    with run_lock(config.home, "okr reset"):
        go_down(config)
        removed = [name for name in embedded.KEPT_IN_HOME if (config.home / name).exists()]
        for path in (config.home / name for name in removed):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
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
