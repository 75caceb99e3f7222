"""The watcher as a service: it asks every other one how it is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import settings
from stack.keeper.places import Places, read_json
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["STALE_AFTER", "define", "seconds_since_check"]

STALE_AFTER = 10.0
"""A status older than this tells nothing any more."""


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """One process that writes services/status.json."""

    def health() -> str:
        age = seconds_since_check(Places.of(config))
        if age is None:
            raise UnhealthyError("it has not written services/status.json yet")
        if age > STALE_AFTER:
            raise UnhealthyError(f"services/status.json is {age:.0f} s old")
        return f"all services asked {age:.0f} s ago"

    return [
        Service(
            name="watcher",
            command=(sys.executable, "-m", "stack.watch"),
            health=health,
            memory_megabytes=600,
            ready_within=30.0,
        )
    ]


def seconds_since_check(places: Places) -> float | None:
    """How old the watcher's last word is; None where there is none."""
    try:
        checked = datetime.fromisoformat(str(read_json(places.status)["checked_at"]))
    except (KeyError, ValueError):
        return None
    return (datetime.now(UTC) - checked).total_seconds()
