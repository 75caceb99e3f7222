"""The state of all services as the watcher wrote it down, in `OKR_HOME/services/status.json`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ValidationError

import settings

__all__ = ["HEALTHS", "ServiceState", "Status", "bytes_in_words", "read", "seconds_in_words"]

STALE_SECONDS = 10.0
HEALTHS = {
    "healthy": ("●", "healthy"),
    "starting": ("◐", "starting"),
    "failing": ("▲", "failing"),
    "stopped": ("■", "stopped"),
    "given_up": ("✕", "given up"),
}
"""Shape and word of each health: never told by colour alone."""


class ServiceState(BaseModel):
    """One service."""

    name: str
    health: str
    reason: str = ""
    since: AwareDatetime | None = None
    restarts: int = 0
    memory_bytes: int = 0

    def facts(self, now: datetime) -> dict[str, Any]:
        """What `/api/status` tells of it: the facts, and the words a page shows."""
        shape, word = HEALTHS.get(self.health, ("?", self.health.replace("_", " ")))
        age = (now - self.since).total_seconds() if self.since else None
        return {
            **self.model_dump(mode="json"),
            "shape": shape,
            "word": word,
            "since_words": seconds_in_words(age) if age is not None else "",
            "memory_words": bytes_in_words(self.memory_bytes) if self.memory_bytes else "",
            "log_command": f"okr logs {self.name}",
        }


class Status(BaseModel):
    """All services at one moment."""

    checked_at: AwareDatetime
    url: str | None = None
    started_in_seconds: float | None = None
    memory_bytes: int = 0
    disk_free_bytes: int = 0
    services: list[ServiceState] = []

    @property
    def age_seconds(self) -> float:
        """Seconds since the watcher looked."""
        return max(0.0, (datetime.now(UTC) - self.checked_at).total_seconds())

    @property
    def is_stale(self) -> bool:
        """Whether the watcher has not looked for longer than it should."""
        return self.age_seconds > STALE_SECONDS

    @property
    def is_healthy(self) -> bool:
        """Whether all is well, as far as anyone knows now."""
        return not self.is_stale and all(each.health == "healthy" for each in self.services)

    def facts(self) -> dict[str, Any]:
        """The answer of `/api/status`."""
        now = datetime.now(UTC)
        healthy = sum(each.health == "healthy" for each in self.services)
        return {
            "checked_at": self.checked_at.isoformat(timespec="seconds"),
            "age_seconds": round(self.age_seconds, 1),
            "age_words": seconds_in_words(self.age_seconds),
            "is_stale": self.is_stale,
            "is_healthy": self.is_healthy,
            "healthy": healthy,
            "url": self.url,
            "started_in_seconds": self.started_in_seconds,
            "memory_bytes": self.memory_bytes,
            "memory_words": bytes_in_words(self.memory_bytes),
            "disk_free_bytes": self.disk_free_bytes,
            "disk_free_words": bytes_in_words(self.disk_free_bytes),
            "services": [each.facts(now) for each in self.services],
        }


def read(config: settings.Settings) -> Status | None:
    """What the watcher wrote last; None before the first time, or where it cannot be understood."""
    path = config.home / "services" / "status.json"
    try:
        return Status.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def bytes_in_words(count: int) -> str:
    """A size as people say it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def seconds_in_words(seconds: float) -> str:
    """A duration as people say it."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
