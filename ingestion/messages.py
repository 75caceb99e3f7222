"""The messages on the wire: JSON objects with a `kind`, keyed by file.

okr_raw_ingest   header, row, end, held, failed, arrival, seen, ignored, replay
okr_raw_rejects  reject_header (as header, so that either topic can be read first), reject

header   file_id, arrival, instance, sha256, bytes, dataset, dataset_kind, nearest_dataset, missing_columns,
         known_at_basis, encoding, dialect, names, reason
row      row_number, line_number, cells {name: text}
end      counts {read, loaded, rejected, skipped {kind: n}}, sha256 (of the bytes the rows were read from),
         reason
held     as end, with the reason why it waits for someone
failed   counts of what was sent, reason
arrival  file_id, arrival: content known already has come (again) at a path whose latest content differs
seen     arrival_id, seen_at: touched, the same bytes
ignored  path, reason, discovered_at
reject   row_number, line_number, reason_code, reason, byte_offset, byte_length, raw (base64, cut at 64 KiB)
replay   as row, of a row that was rejected; and resolution, how it could be read after all

An arrival is {arrival_id, previous_arrival_id, path, snapshot_date, snapshot_date_source, discovered_at}.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson

from ingestion.csv_file import CsvFile, Row, Tally

__all__ = [
    "Arrival",
    "Content",
    "arrival_id",
    "arrived",
    "counted",
    "decode",
    "file_id",
    "header",
    "ignored",
    "ignored_key",
    "reject",
    "reject_header",
    "replay",
    "row",
    "seen",
]

DIGEST_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Some content has come to a path. `previous_arrival_id`: what lay there before, published first."""

    arrival_id: str
    previous_arrival_id: str | None
    path: str
    snapshot_date: date
    snapshot_date_source: str
    discovered_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file: its bytes, within a source instance, and what their known_at is to be."""

    file_id: str
    instance: str
    sha256: str
    bytes: int
    known_at_basis: str


def file_id(instance: str, sha256: str) -> str:
    """Identity of a content within a source instance: SHA-256 hex over both."""
    return _digest(instance, sha256)


def arrival_id(content: str, path: str, sequence: int) -> str:
    """Identity of the n-th arrival at a path: the same whenever the same files come in the same order."""
    return _digest(content, path, str(sequence))


def ignored_key(path: str) -> str:
    """Message key of an ignored path."""
    return _digest("ignored", path)


def header(content: Content, file: CsvFile, arrival: Arrival) -> bytes:
    """A content is about to be sent, row by row."""
    dataset = file.recognition.dataset
    return orjson.dumps(
        {
            "kind": "header",
            **asdict(content),
            "arrival": asdict(arrival),
            "dataset": file.recognition.name,
            "dataset_kind": dataset.kind if dataset else None,
            "nearest_dataset": file.recognition.nearest,
            "missing_columns": file.recognition.missing,
            "encoding": file.encoding.name if file.encoding else None,
            "dialect": file.dialect.as_dict(),
            "names": file.header,
            "reason": file.reason,
        }
    )


def reject_header(head: bytes) -> bytes:
    """A header for the topic of rejects."""
    return orjson.dumps({**orjson.loads(head), "kind": "reject_header"})


def row(item: Row, names: tuple[str, ...]) -> bytes:
    """One row, its cells as text."""
    return orjson.dumps(
        {
            "kind": "row",
            "row_number": item.number,
            "line_number": item.record.line_number,
            "cells": dict(zip(names, item.record.cells, strict=True)),
        }
    )


def reject(item: Row, raw_limit: int) -> bytes:
    """One row that can't be read."""
    assert item.flaw is not None
    return orjson.dumps(
        {
            "kind": "reject",
            "row_number": item.number,
            "line_number": item.record.line_number,
            "reason_code": item.flaw.code,
            "reason": item.flaw.reason,
            "byte_offset": item.record.byte_offset,
            "byte_length": item.record.byte_length,
            "raw": base64.b64encode(item.record.raw(raw_limit)).decode("ascii"),
        }
    )


def replay(row_number: int, line_number: int, cells: Mapping[str, str], resolution: str) -> bytes:
    """A rejected row again, now that it can be read."""
    return orjson.dumps(
        {
            "kind": "replay",
            "row_number": row_number,
            "line_number": line_number,
            "cells": dict(cells),
            "resolution": resolution,
        }
    )


def counted(kind: str, tally: Tally, sha256: str | None, reason: str | None) -> bytes:
    """The end of a content: kind `end`, `held` or `failed`."""
    counts = {
        "read": tally.read,
        "loaded": tally.loaded,
        "rejected": tally.rejected,
        "skipped": tally.skipped,
    }
    return orjson.dumps({"kind": kind, "counts": counts, "sha256": sha256, "reason": reason})


def arrived(content: str, arrival: Arrival) -> bytes:
    """Content that is known already has come to a path."""
    return orjson.dumps({"kind": "arrival", "file_id": content, "arrival": asdict(arrival)})


def seen(arrival: str, at: datetime) -> bytes:
    """The same bytes are still there."""
    return orjson.dumps({"kind": "seen", "arrival_id": arrival, "seen_at": at})


def ignored(path: str, reason: str, at: datetime) -> bytes:
    """A path that is not loaded, and why."""
    return orjson.dumps({"kind": "ignored", "path": path, "reason": reason, "discovered_at": at})


def decode(value: bytes) -> dict[str, Any]:
    """A message's object. Raises ValueError if it is none."""
    message = orjson.loads(value)
    if not isinstance(message, dict) or "kind" not in message:
        raise ValueError("not a message of this protocol")
    return message


def _digest(*parts: str) -> str:
    return hashlib.sha256(DIGEST_SEPARATOR.join(parts).encode("utf-8", "surrogatepass")).hexdigest()
