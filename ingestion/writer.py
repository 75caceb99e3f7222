"""Writes one batch of messages and the positions after it in one database transaction."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message

from ingestion.dialect import Database, Owner
from ingestion.errors import FatalError, FencedError
from ingestion.messages import decode
from ingestion.replays import RECORDS, Replay, write_replays

__all__ = ["Position", "Written", "write"]

REJECTS = {
    "file_id": "varchar",
    "row_number": "int8",
    "line_number": "int8",
    "reason_code": "varchar",
    "reason": "varchar",
    "byte_offset": "int8",
    "byte_length": "int8",
    "raw_bytes": "bytea",
}
ADVANCE = """
    update okr_raw.positions set next_offset = :next_offset, updated_at = current_timestamp
    where connector = :connector and topic = :topic and topic_partition = :partition
      and next_offset = :expected and owner_pid = :pid and owner_started_at = :started_at
"""
COUNT = """
    update okr_raw.files set rows_loaded = rows_loaded + :loaded, rows_rejected = rows_rejected + :rejected
    where file_id = :file_id
"""
REOPEN = """
    update okr_raw.files set status = 'loading', rows_read = null, rows_skipped = 0, skipped_by_kind = null,
        reason = :reason
    where file_id = :file_id and status = 'failed'
"""
CLOSE = """
    update okr_raw.files set rows_read = :read, rows_skipped = :skipped, skipped_by_kind = :skipped_by_kind,
        reason = coalesce(:reason, reason), status = case when status = 'loading' then :status else status end
    where file_id = :file_id
"""
SEEN = """
    update okr_raw.arrivals set last_seen_at = :seen_at
    where arrival_id = :arrival_id and last_seen_at < :seen_at
"""
NO_LONGER_IGNORED = "delete from okr_raw.ignored_files where path = :path and discovered_at <= :discovered_at"
FORGET_IGNORED = "delete from okr_raw.ignored_files where path = :path"
IGNORE = """
    insert into okr_raw.ignored_files (path, reason, discovered_at)
    select cast(:path as varchar(4000)), cast(:reason as varchar(4000)),
        cast(:discovered_at as timestamp with time zone)
    where not exists (
        select 1 from okr_raw.arrivals
        where path = cast(:path as varchar(4000))
          and discovered_at > cast(:discovered_at as timestamp with time zone)
    )
"""
STATUS = {"end": "loading", "held": "held", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Position:
    """A move of one consumer position: from its expected value to the next."""

    topic: str
    partition: int
    expected: int
    next: int


@dataclass(slots=True)
class Written:
    """What a batch has brought: rows, rejects, and whether a file may now be complete."""

    rows: int = 0
    rejects: int = 0
    may_publish: bool = False


@dataclass(slots=True)
class _FileChange:
    """All a batch says about one file."""

    header: dict[str, Any] | None = None
    reopens: bool = False
    closing: dict[str, Any] | None = None
    loaded: int = 0
    rejected: int = 0


@dataclass(slots=True)
class _Sorted:
    """The messages of a batch by what they do."""

    records: list[tuple[Any, ...]] = field(default_factory=list)
    rejects: list[tuple[Any, ...]] = field(default_factory=list)
    files: dict[str, _FileChange] = field(default_factory=dict)
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[dict[str, Any]] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)


def write(
    database: Database,
    connector: str,
    owner: Owner,
    messages: Sequence[Message],
    positions: Sequence[Position],
) -> Written:
    """Write a batch. FencedError when a position is not where this task left it: another owns it now."""
    batch = _sort(database, messages)
    with database.transaction():
        if batch.replays:
            # Before any row of the ledger: whoever publishes takes them in this order too.
            database.lock_publications()
        if batch.records:
            database.bulk_insert("okr_raw.records", RECORDS, batch.records)
        if batch.rejects:
            database.bulk_insert("okr_raw.rejects", REJECTS, batch.rejects)
        _write_ledger(database, batch)
        replayed = write_replays(database, batch.replays)
        for position in positions:
            _advance(database, connector, owner, position)
    may_publish = bool(
        batch.arrivals or any(change.closing or change.rejected for change in batch.files.values())
    )
    rows = len(batch.records) + replayed
    return Written(rows, len(batch.rejects), may_publish or bool(rows))


def _sort(database: Database, messages: Sequence[Message]) -> _Sorted:
    batch = _Sorted()
    for message in messages:
        file_id = (message.key() or b"").decode()
        try:
            body = decode(message.value() or b"")
            _sort_one(database, batch, file_id, body, message)
        except (ValueError, KeyError) as problem:
            where = f"{message.topic()}[{message.partition()}]@{message.offset()}"
            raise FatalError(f"message {where} is not of this protocol: {problem}") from problem
    return batch


def _sort_one(
    database: Database, batch: _Sorted, file_id: str, body: Mapping[str, Any], message: Message
) -> None:
    kind = body["kind"]
    if kind == "row":
        numbers = (body["row_number"], body["line_number"])
        where = (message.partition(), message.offset())
        batch.records.append((file_id, *numbers, database.json(body["cells"]), *where))
        batch.files.setdefault(file_id, _FileChange()).loaded += 1
    elif kind == "replay":
        row = (file_id, body["row_number"], body["line_number"], database.json(body["cells"]))
        where = (message.partition(), message.offset())
        batch.replays.append(Replay((*row, *where), body["resolution"]))
    elif kind == "reject":
        raw = base64.b64decode(body["raw"])
        batch.rejects.append((file_id, *(body[name] for name in list(REJECTS)[1:-1]), raw))
        batch.files.setdefault(file_id, _FileChange()).rejected += 1
    elif kind in ("header", "reject_header", "arrival"):
        if kind != "arrival":
            change = batch.files.setdefault(file_id, _FileChange())
            change.header = dict(body)
        if kind == "header":
            change.reopens, change.closing = True, None
        batch.arrivals.append({**body["arrival"], "file_id": file_id})
    elif kind in STATUS:
        batch.files.setdefault(file_id, _FileChange()).closing = dict(body)
    elif kind == "seen":
        batch.seen.append({"arrival_id": body["arrival_id"], "seen_at": body["seen_at"]})
    elif kind == "ignored":
        batch.ignored.append({name: body[name] for name in ("path", "reason", "discovered_at")})
    else:
        raise ValueError(f"kind {kind!r}")


def _write_ledger(database: Database, batch: _Sorted) -> None:
    """Ledger changes; files in the order of their ids, so that two tasks do not wait in a circle."""
    changes = sorted(batch.files.items())
    headers = [(file_id, change.header) for file_id, change in changes if change.header]
    database.insert_missing(
        "okr_raw.files", [_file(database, file_id, header) for file_id, header in headers]
    )
    arrivals = sorted(batch.arrivals, key=lambda arrival: str(arrival["arrival_id"]))
    database.insert_missing(
        "okr_raw.arrivals", [{**arrival, "last_seen_at": arrival["discovered_at"]} for arrival in arrivals]
    )
    reopened = [
        {"file_id": file_id, "reason": c.header["reason"]} for file_id, c in changes if c.header and c.reopens
    ]
    database.execute_many(REOPEN, reopened)
    counts = [
        {"file_id": file_id, "loaded": change.loaded, "rejected": change.rejected}
        for file_id, change in changes
        if change.loaded or change.rejected
    ]
    database.execute_many(COUNT, counts)
    closings = [_closing(database, file_id, change.closing) for file_id, change in changes if change.closing]
    database.execute_many(CLOSE, closings)
    database.execute_many(SEEN, batch.seen)
    paths = [{"path": arrival["path"], "discovered_at": arrival["discovered_at"]} for arrival in arrivals]
    database.execute_many(NO_LONGER_IGNORED, paths)
    # Several of one path in a batch: the last one counts.
    ignored = list({entry["path"]: entry for entry in batch.ignored}.values())
    database.execute_many(FORGET_IGNORED, [{"path": entry["path"]} for entry in ignored])
    database.execute_many(IGNORE, ignored)


def _file(database: Database, file_id: str, header: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "file_id": file_id,
        "source_instance": header["instance"],
        "path": header["arrival"]["path"],
        "sha256": header["sha256"],
        "bytes": header["bytes"],
        "dataset": header["dataset"],
        "dataset_kind": header["dataset_kind"],
        "nearest_dataset": header["nearest_dataset"],
        "missing_columns": header["missing_columns"],
        "known_at_basis": header["known_at_basis"],
        "encoding": header["encoding"],
        "dialect": database.json(header["dialect"]),
        "header": database.json(header["names"]),
        "status": "loading",
        "reason": header["reason"],
        "discovered_at": header["arrival"]["discovered_at"],
    }


def _closing(database: Database, file_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    counts = body["counts"]
    return {
        "file_id": file_id,
        "read": counts["read"],
        "skipped": sum(counts["skipped"].values()),
        "skipped_by_kind": database.json(counts["skipped"]),
        "reason": body["reason"],
        "status": STATUS[body["kind"]],
    }


def _advance(database: Database, connector: str, owner: Owner, position: Position) -> None:
    changed = database.execute(
        ADVANCE,
        {
            "connector": connector,
            "topic": position.topic,
            "partition": position.partition,
            "expected": position.expected,
            "next_offset": position.next,
            "pid": owner.pid,
            "started_at": owner.started_at,
        },
    )
    if changed != 1:
        raise FencedError(f"{position.topic}[{position.partition}]: another task has taken it over")
