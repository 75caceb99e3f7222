"""The lock of whoever runs the connectors of a warehouse, and the note that says who that is."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

__all__ = ["Holder", "IngestionLock"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who runs the connectors: a command, or the worker with its address and the word that it obeys."""

    process_id: int
    doing: str
    warehouse: str
    url: str | None = None
    token: str | None = None

    @property
    def text(self) -> str:
        """For people."""
        return f"`{self.doing}` (process {self.process_id})"

    def is_stopped(self) -> bool:
        """Whether a signal has stopped it."""
        try:
            return bool(psutil.Process(self.process_id).status() == psutil.STATUS_STOPPED)
        except psutil.Error:
            return False


class IngestionLock:
    """Freed by the operating system with its process, however that ends."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._note = home / "ingestion.json"
        self._lock = FileLock(home / "ingestion.lock")

    def acquire(self, holder: Holder) -> bool:
        """Take it if nobody holds it."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        fresh = self._note.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        # The token is in it: only the owner may read it, from the first byte on.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as note:
            json.dump(asdict(holder), note)
        fresh.replace(self._note)
        return True

    def release(self) -> None:
        """Give it back, if it is ours."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()

    def holder(self) -> Holder | None:
        """Who holds it; None where that is not known (any more)."""
        try:
            found = Holder(**json.loads(self._note.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return found if psutil.pid_exists(found.process_id) else None
