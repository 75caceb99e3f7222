"""What CsvSource looks at next: everything, what has changed, or what someone asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.discovery import Place, places
from ingestion.folder_watch import FolderWatch

__all__ = ["Scan", "ScanAgenda"]

WAIT_SECONDS = 0.25
POLLING_SECONDS = 2.0
# A large tree is looked at less often: no more than this share of the time goes into it.
SCANNING_SHARE = 0.01
POLLING_SHARE = 0.02
# Someone who asked waits so long for files that still grow.
GROWING_SECONDS = 60.0


@dataclass(slots=True)
class Scan:
    """One look at some places. `covering`: places it speaks for although they are no more."""

    places: list[Place]
    covering: list[Place]
    is_whole: bool = False
    request: str | None = None
    as_of: str | None = None
    known_at: str | None = None
    not_before: float = 0.0
    until: float = 0.0
    brought: dict[str, list[Any]] = field(default_factory=lambda: {"files": [], "ignored_paths": []})
    began: float = field(default_factory=time.monotonic)

    def covers(self, name: str) -> bool:
        """Whether this scan would have met a path."""
        for place in self.covering:
            here = place.name(place.path) if place.path != place.base else place.prefix
            if here in ("", ".", name) or name.startswith(here + "/"):
                return True
        return False


class ScanAgenda:
    """In mode `once` a single scan; in mode `watch` whatever comes up, without end."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._root = Path(config["input.path"]).resolve()
        self._base = places(self._root, [Path(path) for path in config["input.paths"]])
        self._is_watching = config["mode"] == "watch"
        self._is_limited = bool(config["input.paths"])
        self._interval = config["rescan.interval.ms"] / 1000
        self._watch = FolderWatch(self._root, config["notifications"]) if self._is_watching else None
        self._requests: list[Scan] = []
        self._changed: set[Path] = set()
        self._young: dict[Path, float] = {}
        self._next_whole = 0.0

    def add(self, request: Mapping[str, Any]) -> None:
        """Take a request: `request` (its id), `data`, `paths`, `as_of`, `known_at`."""
        where = places(Path(request["data"]), [Path(path) for path in request["paths"]])
        scan = Scan(where, where, request=request["request"])
        scan.as_of, scan.known_at = request["as_of"] or None, request["known_at"] or None
        scan.until = time.monotonic() + GROWING_SECONDS
        self._requests.append(scan)

    def next(self) -> Scan | None:
        """The next scan; None after a short wait in which nothing came up."""
        now = time.monotonic()
        for scan in self._requests:
            if scan.not_before <= now:
                self._requests.remove(scan)
                scan.began = now
                return scan
        if self._watch is None:
            return Scan(self._base, self._base, is_whole=True)
        found = self._watch.wait(WAIT_SECONDS)
        if found is None or self._root in found:
            self._next_whole = 0.0
        elif not self._is_limited:
            self._changed |= found
        if not self._root.is_dir():
            # It may come back; that it is away says nothing about the files.
            return None
        if time.monotonic() >= self._next_whole:
            self._changed.clear()
            return Scan(self._base, self._base, is_whole=True)
        return self._changes()

    def finish(self, scan: Scan, young: Mapping[Path, float], facts: Mapping[str, Any]) -> bool:
        """A scan has ended, and has left files alone; whether it is to be repeated before it counts.

        What any scan brings meanwhile is told to whoever waits for a request.
        """
        now = time.monotonic()
        for each in (scan, *self._requests):
            for name, found in each.brought.items():
                found.extend(facts[name])
        self._young.update({path: now + missing for path, missing in young.items()})
        if scan.is_whole:
            spent = now - scan.began
            if self._watch and self._watch.is_polling:
                self._next_whole = now + max(min(self._interval, POLLING_SECONDS), spent / POLLING_SHARE)
            else:
                self._next_whole = now + max(self._interval, spent / SCANNING_SHARE)
        if scan.request and young and now < scan.until:
            scan.not_before = now + min(max(young.values()), 1.0)
            self._requests.append(scan)
            return True
        return False

    def close(self) -> None:
        """End watching."""
        if self._watch:
            self._watch.close()

    def _changes(self) -> Scan | None:
        """A scan of what has changed, and of what is no longer too young."""
        now = time.monotonic()
        due = {path for path, when in self._young.items() if when <= now}
        changed = due | self._changed
        if not changed:
            return None
        self._young = {path: when for path, when in self._young.items() if path not in changed}
        self._changed = set()
        within = [path for path in sorted(changed) if path.is_relative_to(self._root)]
        covering = [Place(path, self._root) for path in within]
        return Scan([place for place in covering if os.path.lexists(place.path)], covering)
