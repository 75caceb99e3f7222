"""Which files are too young to be taken: someone may still be writing them."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["FileAges"]

Stamp = tuple[int, int, int]


class FileAges:
    """Judges by the time of a file's last change; by how long it was seen unchanged, if that lies ahead."""

    def __init__(self, minimum: float) -> None:
        self._minimum = minimum
        self._first_seen: dict[Path, tuple[Stamp, float]] = {}
        self.young: dict[Path, float] = {}

    def begin(self) -> None:
        """A scan begins: forget which files were young in the last one."""
        self.young = {}

    def is_young(self, path: Path, stamp: Stamp) -> bool:
        """Whether to leave a file alone for now; `young` says for how many seconds more."""
        if not self._minimum:
            return False
        age = time.time() - stamp[1] / 1e9
        if age < 0:
            seen, since = self._first_seen.setdefault(path, (stamp, time.monotonic()))
            if seen != stamp:
                since = time.monotonic()
                self._first_seen[path] = (stamp, since)
            age = time.monotonic() - since
        missing = self._minimum - age
        if missing > 0:
            self.young[path] = missing
            return True
        self._first_seen.pop(path, None)
        return False
