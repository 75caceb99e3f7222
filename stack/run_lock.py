"""The lock that lets one `okr run` work on a warehouse at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from stack.errors import BusyError

__all__ = ["run_lock"]


@contextmanager
def run_lock(home: Path, doing: str) -> Iterator[None]:
    """Hold the warehouse of `home` while `doing` something; BusyError where another command holds it.

    The operating system frees the lock with its process, however that ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    note = home / "run.json"
    lock = FileLock(home / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as problem:
        raise BusyError(
            f"{_holder(note)} is at work on {str(home)!r}; wait for it, or end it, then try again"
        ) from problem
    try:
        note.write_text(
            json.dumps(
                {"pid": os.getpid(), "doing": doing, "since": datetime.now(UTC).isoformat("T", "seconds")}
            )
        )
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    try:
        holder = json.loads(note.read_text())
        return f"`{holder['doing']}` (process {holder['pid']}, since {holder['since']})"
    except (OSError, ValueError, KeyError):
        return "another `okr` command"
