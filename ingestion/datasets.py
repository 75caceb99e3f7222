"""Recognises which table of which tool a file is, from its header (`datasets.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.errors import DatasetError

__all__ = ["UNKNOWN", "Catalogue", "Dataset", "Recognition", "load_catalogue", "unique_names"]

UNKNOWN = "unknown"
KINDS = ("append", "snapshot", "change_set")
ACTIONS = ("add", "update", "delete")
FILE = Path(__file__).with_name("datasets.yml")


@dataclass(frozen=True, slots=True)
class Dataset:
    """One layout a tool exports.

    `spellings` maps each normalised name and alias to the column it means; a header is of this dataset
    when it holds all required columns and nothing but columns that are listed. `actions` maps the words of
    a change set's `action` column to add, update or delete.
    """

    name: str
    kind: str
    required: frozenset[str]
    columns: tuple[str, ...]
    spellings: Mapping[str, str]
    written: Mapping[str, str]
    exact: frozenset[str]
    recorded_at: str | None
    snapshot_date: str | None
    identity: tuple[str, ...]
    scope: tuple[str, ...]
    action: str | None
    actions: Mapping[str, str]

    def matches(self, header: Iterable[str]) -> bool:
        """Whether a header is exactly of this dataset."""
        meant = [self.spellings.get(normalised(name)) for name in header]
        return None not in meant and len(set(meant)) == len(meant) and self.required <= set(meant)

    def missing(self, header: Iterable[str]) -> list[str]:
        """Required columns that a header has not."""
        meant = {self.spellings.get(normalised(name)) for name in header}
        return [column for column in self.columns if column in self.required and column not in meant]

    def foreign(self, header: Iterable[str]) -> list[str]:
        """Names in a header that this dataset does not list."""
        return [name for name in header if normalised(name) not in self.spellings]

    def likeness(self, header: Iterable[str]) -> float:
        """Share of columns that a header and this dataset have in common, 0..1."""
        names = list(header)
        common = len({self.spellings.get(normalised(name)) for name in names} - {None})
        return common / (len(names) + len(self.required) - common) if names else 0.0

    def cell_name(self, name: str) -> str:
        """Name of a cell: as written in the file if datasets.yml spells it so, else as datasets.yml does.

        Staging can so rely on the spellings of datasets.yml, whatever case and spaces an export has.
        """
        return name if name in self.exact else self.written.get(normalised(name), name)

    def column_index(self, header: Iterable[str], column: str | None) -> int | None:
        """Where a column lies in a header."""
        for index, name in enumerate(header):
            if column and self.spellings.get(normalised(name)) == column:
                return index
        return None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a header was taken for. `dataset` is None for an unknown layout; then `reason` says why."""

    dataset: Dataset | None
    nearest: str | None = None
    missing: str | None = None
    reason: str | None = None

    @property
    def name(self) -> str:
        """Name for the ledger."""
        return self.dataset.name if self.dataset else UNKNOWN


class Catalogue:
    """All layouts of datasets.yml."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        self.datasets = tuple(datasets)

    def recognise(self, header: list[str]) -> Recognition:
        """The one dataset a header is exactly of, else unknown with the nearest and what keeps it from it."""
        found = [dataset for dataset in self.datasets if dataset.matches(header)]
        names = sorted({dataset.name for dataset in found})
        if len(names) == 1:
            return Recognition(max(found, key=lambda dataset: len(dataset.required)))
        if names:
            return Recognition(None, names[0], None, f"ambiguous: could be {' or '.join(names)}")
        nearest = max(self.datasets, key=lambda dataset: dataset.likeness(header), default=None)
        if nearest is None or nearest.likeness(header) == 0:
            return Recognition(
                None, None, None, "nearest layout: none, for no known one has any of its columns"
            )
        missing, foreign = nearest.missing(header), nearest.foreign(header)
        told = [f"missing {', '.join(missing)}"] if missing else []
        told += [f"not in the layout: {', '.join(foreign)}"] if foreign else []
        text = "; ".join(told) or "a column appears twice"
        return Recognition(None, nearest.name, text[:4000], f"nearest layout {nearest.name}: {text}"[:4000])


@lru_cache(maxsize=10_000)
def normalised(name: str) -> str:
    """A header name without case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


def unique_names(header: list[str]) -> list[str]:
    """Header names made unique: an empty one becomes column_3, a repeated one name_2."""
    names: list[str] = []
    taken: set[str] = set()
    wanted = [name.strip() for name in header]
    for position, name in enumerate(wanted, start=1):
        base = name or f"column_{position}"
        unique, number = base, 2
        while unique in taken or (unique != name and unique in wanted):
            unique, number = f"{base}_{number}", number + 1
        taken.add(unique)
        names.append(unique)
    return names


@cache
def load_catalogue(path: Path = FILE) -> Catalogue:
    """Read datasets.yml. Raises DatasetError naming the entry that can't be used."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["datasets"]
    return Catalogue([dataset for name, entry in entries.items() for dataset in _datasets(name, entry)])


def _datasets(name: str, entry: dict[str, Any]) -> list[Dataset]:
    if entry.get("kind") not in KINDS:
        raise DatasetError(
            f"datasets.yml: {name}: kind {entry.get('kind')!r} must be one of {', '.join(KINDS)}"
        )
    layouts = entry.get("layouts", [entry])
    return [_dataset(name, entry, layout) for layout in layouts]


def _action(name: str, entry: dict[str, Any]) -> tuple[str | None, dict[str, str]]:
    """Action column of a change set, and what each word in it means."""
    declared = entry.get("action")
    if (entry["kind"] == "change_set") != bool(declared):
        raise DatasetError(f"datasets.yml: {name}: a change_set, and nothing else, has an action")
    if not declared:
        return None, {}
    if set(declared) != {"column", *ACTIONS}:
        raise DatasetError(f"datasets.yml: {name}: action must have column, {', '.join(ACTIONS)}")
    if declared["column"] not in _names(entry["required"]):
        raise DatasetError(
            f"datasets.yml: {name}: action column {declared['column']!r} is not a required one"
        )
    return declared["column"], {word: action for action in ACTIONS for word in _names(declared[action])}


def _dataset(name: str, entry: dict[str, Any], layout: dict[str, Any]) -> Dataset:
    required, optional = _names(layout.get("required", [])), _names(layout.get("optional", []))
    columns = [*required, *optional]
    aliases = {column: _names(entry.get("aliases", {}).get(column, [])) for column in columns}
    spellings: dict[str, str] = {}
    written: dict[str, str] = {}
    for column in columns:
        for spelling in (column, *aliases[column]):
            if spellings.setdefault(normalised(spelling), column) != column:
                raise DatasetError(f"datasets.yml: {name}: {spelling!r} stands for two columns")
            written.setdefault(normalised(spelling), spelling)
    for key in ("recorded_at", "snapshot_date"):
        if entry.get(key) and entry[key] not in columns and "layouts" not in entry:
            raise DatasetError(f"datasets.yml: {name}: {key} {entry[key]!r} is not one of its columns")
    action, actions = _action(name, entry)
    return Dataset(
        name=name,
        kind=entry["kind"],
        required=frozenset(required),
        columns=tuple(columns),
        spellings=spellings,
        written=written,
        exact=frozenset(spelling for column in columns for spelling in (column, *aliases[column])),
        recorded_at=entry.get("recorded_at"),
        snapshot_date=entry.get("snapshot_date"),
        identity=tuple(_names(entry.get("identity", []))),
        scope=tuple(_names(entry.get("scope", ["source_instance"]))),
        action=action,
        actions=actions,
    )


def _names(value: str | list[str]) -> list[str]:
    return (
        [item.strip() for item in value.split(",")]
        if isinstance(value, str)
        else [str(item) for item in value]
    )
