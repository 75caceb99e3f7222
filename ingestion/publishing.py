"""Publishes files whose rows and rejects are all there: a short transaction, in the order of publish_seq."""

from __future__ import annotations

from typing import Any

from ingestion.dialect import Database

__all__ = ["publish_complete"]

AT_ONCE = 500
# An arrival waits for the one before it at its path: A, B, A ends on A whatever partition is read first.
READY = f"""
    select a.arrival_id, a.file_id
    from okr_raw.arrivals a
    inner join okr_raw.files f on f.file_id = a.file_id
    left join okr_raw.arrivals b on b.arrival_id = a.previous_arrival_id
    left join okr_raw.files g on g.file_id = b.file_id
    where f.status in ('loading', 'loaded')
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
COUNTERS = """
    select coalesce(max(publish_seq), 0), max(known_at),
        (select coalesce(max(outbox_id), 0) from okr_raw.outbox)
    from okr_raw.publications
"""
PUBLISH = """
    insert into okr_raw.publications (publish_seq, file_id, arrival_id, action, known_at)
    values (:publish_seq, :file_id, :arrival_id, 'publish', :known_at)
"""
MARK = """
    update okr_raw.files
    set status = 'loaded', publish_seq = :publish_seq, known_at = coalesce(known_at, :known_at)
    where file_id = :file_id
"""
FACTS = """
    select path, dataset, source_instance, rows_loaded, rows_rejected
    from okr_raw.files where file_id = :file_id
"""
TELL = (
    "insert into okr_raw.outbox (outbox_id, signal, payload) values (:outbox_id, 'file_published', :payload)"
)


def publish_complete(database: Database) -> int:
    """Publish every arrival that is ready; returns how many. Safe at any time, by several tasks at once."""
    total = 0
    while database.query(READY):
        with database.transaction():
            database.lock_publications()
            # Asked again under the lock: another task may have been quicker.
            ready = database.query(READY)
            _publish(database, ready)
        total += len(ready)
    return total


def _publish(database: Database, ready: list[tuple[Any, ...]]) -> None:
    if not ready:
        return
    seq, newest, outbox_id = database.query(COUNTERS)[0]
    # A clock that was set back must not put a later publication before an earlier one.
    known_at = max(moment for moment in (newest, database.now()) if moment)
    publications, signals = [], []
    for number, (arrival_id, file_id) in enumerate(ready, start=1):
        publications.append(
            {"publish_seq": seq + number, "file_id": file_id, "arrival_id": arrival_id, "known_at": known_at}
        )
        path, dataset, instance, loaded, rejected = database.query(FACTS, {"file_id": file_id})[0]
        payload = {"file_id": file_id, "arrival_id": arrival_id, "publish_seq": seq + number, "path": path}
        payload |= {
            "dataset": dataset,
            "source_instance": instance,
            "rows_loaded": loaded,
            "rows_rejected": rejected,
        }
        signals.append({"outbox_id": outbox_id + number, "payload": database.json(payload)})
    database.execute_many(PUBLISH, publications)
    database.execute_many(
        MARK, sorted(publications, key=lambda entry: (entry["file_id"], entry["publish_seq"]))
    )
    database.execute_many(TELL, signals)
