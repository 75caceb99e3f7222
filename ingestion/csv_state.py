"""What CsvSource remembers: the latest content of each path, and how far each content was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ingestion.csv_file import Tally
from ingestion.task import Batch

__all__ = ["ContentState", "CsvState", "PathState"]


@dataclass(frozen=True, slots=True)
class PathState:
    """A path: its latest content and arrival, and the stamp its bytes had; no stamp means look again."""

    file_id: str | None = None
    arrival_id: str | None = None
    sequence: int = 0
    stamp: tuple[int, int, int] | None = None
    ignored: str | None = None


@dataclass(frozen=True, slots=True)
class ContentState:
    """A content of an instance. state: sending, failed (both go on after `row`), or ended."""

    state: str
    path: str
    instance: str
    row: int = 0
    loaded: int = 0
    rejected: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def tally(self) -> Tally:
        """The counts of what was sent."""
        return Tally(self.loaded, self.rejected, dict(self.skipped))


class CsvState:
    """Both, read from source offsets, and written with the batch that makes them true."""

    def __init__(self, offsets: Mapping[tuple[tuple[str, str], ...], dict[str, Any]]) -> None:
        self._paths: dict[str, PathState] = {}
        self._contents: dict[str, ContentState] = {}
        for partition, offset in offsets.items():
            which = dict(partition)
            if "path" in which:
                stamp = offset.get("stamp")
                self._paths[which["path"]] = PathState(**{**offset, "stamp": tuple(stamp) if stamp else None})
            else:
                self._contents[which["file_id"]] = ContentState(**offset)

    def path(self, name: str) -> PathState:
        """State of a path; an empty one if it was never seen."""
        return self._paths.get(name, PathState())

    def content(self, file_id: str) -> ContentState | None:
        """State of a content, if it was ever sent."""
        return self._contents.get(file_id)

    def unfinished(self) -> Iterator[tuple[str, ContentState]]:
        """Contents that were begun and not sent to their end."""
        return iter([item for item in self._contents.items() if item[1].state == "sending"])

    def set_path(self, batch: Batch, name: str, state: PathState) -> None:
        """Remember a path, from this batch on."""
        self._paths[name] = state
        batch.set_offset({"path": name}, _plain(asdict(state)))

    def set_content(self, batch: Batch, file_id: str, state: ContentState) -> None:
        """Remember a content, from this batch on."""
        self._contents[file_id] = state
        batch.set_offset({"file_id": file_id}, _plain(asdict(state)))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, 0, {})}
