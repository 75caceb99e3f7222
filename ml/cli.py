"""The commands `python -m ml train|score|rollback`."""

from __future__ import annotations

import functools
import importlib
import logging
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

import settings
from ml.errors import MlError
from ml.events import JsonEvents, Lines, Reporter

__all__ = ["main"]

EVENTS = click.option("--events", is_flag=True, help="Print JSON lines instead of text.")
AS_OF = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The date it is for. Default: OKR_AS_OF, else today."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Train, judge and use the forecast of key results.

    Example: python -m ml train && python -m ml score
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )


def _one_line(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what can go wrong into one line on stderr and exit code 1, or 2 for a setting."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except settings.SettingsError as problem:
            click.echo(f"Error: {problem}", err=True)
            sys.exit(2)
        except MlError as problem:
            raise click.ClickException(str(problem)) from problem
        except OSError as problem:
            if line := settings.full_disk(problem):
                raise click.ClickException(line) from problem
            raise
        except (OperationalError, ProgrammingError) as problem:
            reason = str(problem.orig).splitlines()[0]
            raise click.ClickException(f"the warehouse database: {reason}") from problem

    return run


@main.command()
@EVENTS
@AS_OF
@click.option("--force", is_flag=True, help="Train even when nothing has changed since the last decision.")
@_one_line
def train(events: bool, as_of: datetime | None, force: bool) -> None:
    """Learn from graded history and put the model before the gate.

    Needs 200 graded key results and 3 cycles to test on; with fewer nobody is promoted. The last line says
    who is in charge, and why.

    Example: python -m ml train --as-of 2026-03-31
    """
    _module("training").train(settings.load(), _reporter(events), _day(as_of), force)


@main.command()
@EVENTS
@AS_OF
@_one_line
def score(events: bool, as_of: datetime | None) -> None:
    """Forecast every open key result by the champion.

    Example: python -m ml score
    """
    _module("scoring").score(settings.load(), _reporter(events), _day(as_of))


@main.command()
@EVENTS
@_one_line
def rollback(events: bool) -> None:
    """Put the previous champion back.

    Example: python -m ml rollback
    """
    _module("rollback").rollback(settings.load(), _reporter(events))


def _module(name: str) -> Any:
    # scikit-learn takes a second to import: `--help` need not wait for it.
    module = importlib.import_module(f"ml.{name}")
    # A thousand labels are too few to share: on a busy machine threads only wait for one another.
    importlib.import_module("threadpoolctl").threadpool_limits(limits=1)
    return module


def _reporter(events: bool) -> Reporter:
    return JsonEvents() if events else Lines()


def _day(as_of: datetime | None) -> date | None:
    return as_of.date() if as_of else None
