"""What a command tells while it runs: lines for people, or JSON lines for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

__all__ = ["Teller"]


class Teller:
    """Prints events. For people: messages and the end; for machines: everything, one JSON object a line."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Tell one event."""
        if self._as_json:
            click.echo(json.dumps(event, default=str))
        elif event["event"] in ("start", "message", "done"):
            click.echo(event["text"])
