"""What all commands share: errors in one line, and the name they were called by."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

import settings
from ingestion.errors import ConfigError, IngestionError

__all__ = ["PROGRAM", "NamedGroup", "one_line_errors"]

PROGRAM = "python -m ingestion"
P = ParamSpec("P")
R = TypeVar("R")


class _NamedCommand(click.Command):
    """Its help ends with its example, of the program it was called by: `okr` passes our commands on."""

    def __init__(self, name: str | None, **options: Any) -> None:
        words, _, example = str(options.pop("help", "")).partition("Example: ")
        super().__init__(name, help=words.strip(), **options)
        self.example = example.strip().removesuffix(".")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        example = self.example.replace(PROGRAM, ctx.find_root().info_name or PROGRAM)
        with formatter.section("Examples"):
            formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class NamedGroup(_NamedCommand, click.Group):
    """A group of such commands."""

    command_class = _NamedCommand
    group_class = type


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one line and exit code 1, or 2 where the configuration is wrong."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, settings.SettingsError) as problem:
            click.echo(f"Error: {problem}", err=True)
            sys.exit(2)
        except IngestionError as problem:
            raise click.ClickException(str(problem)) from problem
        except OSError as problem:
            if line := settings.full_disk(problem):
                raise click.ClickException(line) from problem
            raise

    return wrapped
