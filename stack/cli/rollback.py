"""`okr rollback`: the champion before this one takes charge again."""

from __future__ import annotations

import json

import click

import settings
from stack.cli.command import command, json_option
from stack.errors import StackError
from stack.pipeline.child import Child, environment, part
from stack.pipeline.events import Event
from stack.postgres_server import PostgresServer
from stack.run_lock import run_lock

__all__ = ["rollback"]


@command("rollback", "okr rollback", "okr rollback --json")
@json_option
def rollback(as_json: bool) -> None:
    """Put the previous champion back in charge.

    The decision, and who took it, is a row of okr_ml.promotions. A model that was put aside does not come
    back before there is something new to learn from. Forecasts of the champion in charge follow with the
    next `okr run`; services that are up make them at once.
    """
    config = settings.load()
    if config.postgres.is_embedded and PostgresServer(config).process() is None:
        raise StackError("Postgres is not running; `okr run` starts it")
    conclusion = ""

    def hear(event: Event) -> None:
        nonlocal conclusion
        conclusion = event.text if event.kind == "done" else conclusion

    with run_lock(config.home, "okr rollback"):
        log = config.home / "logs" / "rollback.log"
        outcome = Child(part("ml", "rollback", "--events"), environment(), log).run(hear)
    if outcome.code != 0:
        raise StackError(outcome.reason)
    click.echo(json.dumps(outcome.facts) if as_json else conclusion)
