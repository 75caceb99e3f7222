"""Publishes files whose rows and rejects are all there: a short transaction, in the order of publish_seq."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.dialect import Database

__all__ = ["Act", "READY", "READY_OF_FILE", "announce", "publish_complete"]

AT_ONCE = 500


def _ready(which: str) -> str:
    """Arrivals that may be published, of some files."""
    # An arrival waits for the one before it at its path: A, B, A ends on A whatever partition is read first.
    return f"""
        select a.arrival_id, a.file_id
        from okr_raw.arrivals a
        inner join okr_raw.files f on f.file_id = a.file_id
        left join okr_raw.arrivals b on b.arrival_id = a.previous_arrival_id
        left join okr_raw.files g on g.file_id = b.file_id
        where {which} f.status in ('loading', 'loaded')
          and f.rows_read is not null
          and f.rows_loaded + f.rows_rejected = f.rows_read - f.rows_skipped
          and not exists (select 1 from okr_raw.publications p where p.arrival_id = a.arrival_id)
          and (
              a.previous_arrival_id is null
              or g.status in ('held', 'failed', 'retracted')
              or exists (select 1 from okr_raw.publications q where q.arrival_id = a.previous_arrival_id)
          )
        order by a.discovered_at, a.path, a.arrival_id
        fetch first {AT_ONCE} rows only
    """


READY = _ready("")
READY_OF_FILE = _ready("f.file_id = :file_id and")
COUNTERS = """
    select coalesce(max(publish_seq), 0), max(known_at),
        (select coalesce(max(outbox_id), 0) from okr_raw.outbox)
    from okr_raw.publications
"""
PUBLISH = """
    insert into okr_raw.publications
        (publish_seq, file_id, arrival_id, action, known_at, dataset, dataset_kind, cell_names)
    select :publish_seq, file_id, :arrival_id, :action, :known_at, dataset, dataset_kind, cell_names
    from okr_raw.files where file_id = :file_id
"""
MARK = """
    update okr_raw.files
    set status = :status, publish_seq = :publish_seq, known_at = coalesce(known_at, :known_at)
    where file_id = :file_id
"""
FACTS = """
    select path, dataset, source_instance, rows_loaded, rows_rejected
    from okr_raw.files where file_id = :file_id
"""
TELL = (
    "insert into okr_raw.outbox (outbox_id, signal, payload) values (:outbox_id, 'file_published', :payload)"
)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that changes what readers see of a file: publish, retract or replay."""

    arrival_id: str
    file_id: str
    action: str = "publish"


def publish_complete(database: Database) -> int:
    """Publish every arrival that is ready; returns how many. Safe at any time, by several tasks at once."""
    total = 0
    while database.query(READY):
        with database.transaction():
            database.lock_publications()
            # Asked again under the lock: another task may have been quicker.
            ready = database.query(READY)
            announce(database, [Act(*found) for found in ready])
        total += len(ready)
    return total


def announce(database: Database, acts: Sequence[Act]) -> list[int]:
    """Write publications, ledger and outbox; returns the publish_seq of each act.

    Only within a transaction that holds the lock of publications.
    """
    if not acts:
        return []
    seq, newest, outbox_id = database.query(COUNTERS)[0]
    # A clock that was set back must not put a later publication before an earlier one.
    known_at = max(moment for moment in (newest, database.now()) if moment)
    publications, signals = [], []
    for number, act in enumerate(acts, start=1):
        publications.append(
            {
                "publish_seq": seq + number,
                "file_id": act.file_id,
                "arrival_id": act.arrival_id,
                "action": act.action,
                "known_at": known_at,
            }
        )
        payload = _payload(database, act) | {"publish_seq": seq + number}
        signals.append({"outbox_id": outbox_id + number, "payload": database.json(payload)})
    database.execute_many(PUBLISH, publications)
    marks = [
        {**{name: entry[name] for name in ("file_id", "publish_seq", "known_at")}, "status": _status(entry)}
        for entry in publications
    ]
    database.execute_many(MARK, sorted(marks, key=lambda entry: (entry["file_id"], entry["publish_seq"])))
    database.execute_many(TELL, signals)
    return [entry["publish_seq"] for entry in publications]


def _status(publication: dict[str, Any]) -> str:
    return "retracted" if publication["action"] == "retract" else "loaded"


def _payload(database: Database, act: Act) -> dict[str, Any]:
    path, dataset, instance, loaded, rejected = database.query(FACTS, {"file_id": act.file_id})[0]
    return {
        "file_id": act.file_id,
        "arrival_id": act.arrival_id,
        "action": act.action,
        "path": path,
        "dataset": dataset,
        "source_instance": instance,
        "rows_loaded": loaded,
        "rows_rejected": rejected,
    }
