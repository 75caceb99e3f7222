"""What a command tells while it works: lines for people, or JSON lines for a program."""

from __future__ import annotations

import json
from typing import Any, Protocol

import click

__all__ = ["JsonEvents", "Lines", "Reporter"]


class Reporter(Protocol):
    """Takes what happens in a stage (`train`, `score`, `rollback`)."""

    def start(self, stage: str, text: str) -> None:
        """A stage begins."""

    def progress(self, stage: str, done: int, total: int | None, text: str) -> None:
        """`done` of `total` steps are behind us."""

    def message(self, stage: str, text: str) -> None:
        """Something a reader should see."""

    def done(self, stage: str, text: str, **facts: Any) -> None:
        """A stage ended well; the facts are for the summary."""


class Lines:
    """Plain lines on stdout."""

    def start(self, stage: str, text: str) -> None:
        """Print the text."""
        click.echo(text)

    def progress(self, stage: str, done: int, total: int | None, text: str) -> None:
        """Print nothing: the whole takes seconds."""

    def message(self, stage: str, text: str) -> None:
        """Print the text."""
        click.echo(text)

    def done(self, stage: str, text: str, **facts: Any) -> None:
        """Print the text."""
        click.echo(text)


class JsonEvents:
    """One JSON object a line on stdout; the fields are those every part of the product uses."""

    def start(self, stage: str, text: str) -> None:
        """Write a start event."""
        self._write(event="start", stage=stage, text=text)

    def progress(self, stage: str, done: int, total: int | None, text: str) -> None:
        """Write a progress event."""
        self._write(event="progress", stage=stage, done=done, total=total, text=text)

    def message(self, stage: str, text: str) -> None:
        """Write a message event."""
        self._write(event="message", stage=stage, text=text)

    def done(self, stage: str, text: str, **facts: Any) -> None:
        """Write a done event with the facts beside the fixed fields."""
        self._write(event="done", stage=stage, text=text, **facts)

    @staticmethod
    def _write(**event: Any) -> None:
        click.echo(json.dumps(event, default=str))
