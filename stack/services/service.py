"""What the keeper of the services must know about one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from settings import ROOT

__all__ = ["Service", "UnhealthyError"]


class UnhealthyError(Exception):
    """A service does not do its work; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """One long-running process, kept alive by supervisor.

    `command` runs in the foreground and writes its log to stdout or stderr. `environment` comes on top of
    ours; secrets are passed there, never on the command line. `prepare` is run before a start (tables,
    folders, files; doing nothing when all is there) and raises StackError. `health` asks the service itself,
    parses the answer, and returns a short text of what it saw, or raises UnhealthyError; it takes at most
    5 seconds. A process tree above `memory_megabytes` of resident memory is started again. What it needs and
    somebody else keeps is `needs_elsewhere`.
    """

    name: str
    command: tuple[str, ...]
    health: Callable[[], str]
    memory_megabytes: int
    needs: tuple[str, ...] = ()
    needs_elsewhere: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None
    folder: Path = ROOT
    account: str | None = None
    ready_within: float = 60.0
    ends_within: float = 15.0
    stop_signal: str = "TERM"
