"""What all commands share: examples in their help, lazy import, errors in one line."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import click

from settings import SettingsError
from stack.errors import StackError

__all__ = ["ExampleCommand", "LazyGroup", "command", "json_option"]


class ExampleCommand(click.Command):
    """A command whose help ends with examples, and whose known errors are one line.

    Their exit code is 1, or 2 where a setting is wrong.
    """

    def __init__(self, *arguments: Any, examples: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(self.examples, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run; what is known to go wrong becomes one line."""
        try:
            return super().invoke(ctx)
        except SettingsError as problem:
            raise click.UsageError(str(problem)) from problem
        except StackError as problem:
            raise click.ClickException(str(problem)) from problem


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called: a name maps to `module:attribute`."""

    def __init__(
        self, *arguments: Any, lazy: Mapping[str, str], examples: tuple[str, ...], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.lazy = dict(lazy)
        self.examples = examples

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order they were given."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in self.lazy:
            return None
        module, attribute = self.lazy[cmd_name].split(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command by its name; a name it does not know is answered with those it is like."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as problem:
            raise click.NoSuchCommand(problem.command_name, possibilities=self.lazy, ctx=ctx) from problem

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(self.examples, formatter)


def command(name: str, *examples: str, **options: Any) -> Callable[[Callable[..., Any]], ExampleCommand]:
    """Decorator: a command of `okr` with its examples."""
    return click.command(name, cls=ExampleCommand, examples=examples, **options)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: `--json`, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(function)


def write_examples(examples: tuple[str, ...], formatter: click.HelpFormatter) -> None:
    """The section with examples at the end of a help page."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
