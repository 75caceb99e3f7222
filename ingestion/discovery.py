"""Finds files under the data root: CSV with their source instance, everything else with a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from ingestion.errors import DatasetError

__all__ = ["BASES", "Found", "Place", "discover", "places"]

BASES = ("published", "recorded")
DEFAULT_INSTANCE = "default"
INSTANCE_FILE = "instance.yml"


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder to look at. `base` is what names are relative to, `prefix` comes before them."""

    path: Path
    base: Path
    prefix: str = ""

    def name(self, path: Path) -> str:
        """Name of a path in the ledger: relative, with forward slashes, printable."""
        relative = path.relative_to(self.base).as_posix()
        text = os.fsencode(relative).decode("utf-8", "backslashreplace")
        return f"{self.prefix}/{text}" if self.prefix else text


@dataclass(frozen=True, slots=True)
class Found:
    """One path. `ignored` says why it is not loaded."""

    path: Path
    name: str
    instance: str
    known_at_basis: str
    ignored: str | None = None


def places(data: Path, paths: list[Path]) -> list[Place]:
    """Where to look: the whole data root, or only these paths.

    A path outside the data root is a source instance of its own: a folder gives its name, a file that of
    its folder.
    """
    root = data.resolve()
    if not paths:
        return [Place(root, root)]
    found = []
    for path in paths:
        absolute = path.resolve()
        if absolute.is_relative_to(root):
            found.append(Place(absolute, root))
        else:
            folder = absolute if absolute.is_dir() else absolute.parent
            found.append(Place(absolute, folder, folder.name or DEFAULT_INSTANCE))
    return found


def discover(look_at: list[Place], basis: str | None) -> Iterator[Found]:
    """All paths in a stable order. `basis` overrides what each instance.yml says about known_at."""
    bases: dict[Path, str] = {}
    visited: set[tuple[int, int]] = set()
    for place in look_at:
        for path, ignored in _walk(place.path, visited):
            name = place.name(path)
            parts = name.split("/")
            instance = parts[0] if len(parts) > 1 else DEFAULT_INSTANCE
            within = path.relative_to(place.base).parts
            folder = place.base if place.prefix or not within else place.base / within[0]
            if path == folder / INSTANCE_FILE:
                continue
            if folder not in bases:
                bases[folder] = _declared_basis(folder)
            yield Found(path, name, instance, basis or bases[folder], ignored)


def _walk(path: Path, visited: set[tuple[int, int]]) -> Iterator[tuple[Path, str | None]]:
    """Files with None or the reason to ignore them; folders reached twice (links) are entered once."""
    try:
        status = path.stat()
        if not path.is_dir():
            yield path, _refusal(path)
            return
        entries = sorted(path.iterdir(), key=lambda entry: os.fsencode(entry.name))
    except OSError as problem:
        yield path, f"can't be read: {problem.strerror or problem}"
        return
    if path.suffix.lower() == ".csv":
        yield path, "a folder, not a file; what is in it is looked at"
    if (status.st_dev, status.st_ino) in visited:
        return
    visited.add((status.st_dev, status.st_ino))
    for entry in entries:
        yield from _walk(entry, visited)


def _refusal(path: Path) -> str | None:
    if not path.is_file():
        return "not a regular file"
    if path.suffix.lower() != ".csv":
        return f"its name does not end in .csv ({path.suffix or 'no ending'})"
    return None


def _declared_basis(folder: Path) -> str:
    """known_at of an instance as its instance.yml declares it. Raises DatasetError."""
    file = folder / INSTANCE_FILE
    if not file.is_file():
        return BASES[0]
    try:
        declared = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise DatasetError(f"{file}: not YAML") from problem
    basis = declared.get("known_at", BASES[0]) if isinstance(declared, dict) else None
    if basis not in BASES:
        raise DatasetError(f"{file}: known_at {basis!r} must be one of {', '.join(BASES)}")
    return str(basis)
