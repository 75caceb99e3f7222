"""What people decide about a file: release, retract, reclassify; each a short transaction of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ingestion import ledger
from ingestion.cell_names import named_by_hand
from ingestion.datasets import Dataset, load_catalogue
from ingestion.dialect import Database
from ingestion.errors import IngestionError
from ingestion.publishing import READY_OF_FILE, Act, announce

__all__ = ["reclassify", "refuse_overtaken", "release", "retract"]

Facts = dict[str, Any]
REASON_LENGTH = 4000
STATUS = "select status, reason from okr_raw.files where file_id = :file_id"
SET = "update okr_raw.files set status = :status, reason = :reason where file_id = :file_id"
# In the order in which they were first published: what ended on A is to end on A again.
PUBLISHED = """
    select arrival_id from okr_raw.publications where file_id = :file_id and action = 'publish'
    group by arrival_id order by min(publish_seq)
"""
LATEST = """
    select arrival_id from okr_raw.publications where file_id = :file_id
    order by publish_seq desc fetch first 1 rows only
"""
RECLASSIFY = """
    update okr_raw.files set dataset = :dataset, dataset_kind = :kind, nearest_dataset = null,
        missing_columns = :missing, cell_names = :cell_names, reason = :reason
    where file_id = :file_id
"""
FIRST_CELLS = """
    select cells from okr_raw.records where file_id = :file_id order by row_number fetch first 1 rows only
"""
DATE = """
    update okr_raw.arrivals set snapshot_date = :day, snapshot_date_source = 'column' where file_id = :file_id
"""
OVERTAKEN = """
    select b.path, b.file_id, b.snapshot_date
    from okr_raw.arrivals b
    inner join okr_raw.files g on g.file_id = b.file_id
    where g.source_instance = :instance and g.dataset = :dataset and g.status = 'loaded'
      and g.file_id <> :file_id
      and exists (
          select 1 from okr_raw.arrivals a
          where a.file_id = :file_id and a.snapshot_date = b.snapshot_date
            and (:by_path = 0 or a.path = b.path)
      )
      and not exists (
          select 1 from okr_raw.arrivals c
          where c.file_id = :file_id and c.snapshot_date = b.snapshot_date
            and c.discovered_at >= b.discovered_at and (:by_path = 0 or c.path = b.path)
      )
    order by b.discovered_at desc, b.path fetch first 1 rows only
"""


def refuse_overtaken(database: Database, file: Facts, dataset: str | None = None) -> None:
    """Refuse to say a state of things again that newer content of its date has overtaken.

    What is said last rules, so that the older content would. Raises IngestionError.
    """
    name = dataset or file["dataset"]
    layouts = [each for each in load_catalogue().datasets if each.name == name and each.kind == "snapshot"]
    if not layouts:
        return
    scope = {"instance": file["source_instance"], "dataset": name, "by_path": int("path" in layouts[0].scope)}
    if found := database.query(OVERTAKEN, {"file_id": file["file_id"], **scope}):
        path, newer, day = found[0]
        raise IngestionError(
            f"'{file['path']}' was overtaken: newer content ({newer[:12]}, '{path}') says how things were on "
            f"{day}, and the older would rule again; leave it, or add --overtaken if it is to"
        )


def release(database: Database, name: str, reason: str | None, is_to_rule: bool = False) -> Facts:
    """Publish a held file, or take a retraction back. Raises IngestionError."""
    file = _chosen(database, name, ("held", "retracted"), "released")
    file_id = file["file_id"]
    with database.transaction():
        database.lock_publications()
        before = _still(database, file, ("held", "retracted"))
        if not is_to_rule:
            refuse_overtaken(database, file)
        word = reason or (f"released: {before}" if before else None)
        database.execute(SET, {"file_id": file_id, "status": "loading", "reason": _cut(word)})
        again = [Act(arrival, file_id) for (arrival,) in database.query(PUBLISHED, {"file_id": file_id})]
        done = announce(database, again)
        while ready := database.query(READY_OF_FILE, {"file_id": file_id}):
            done += announce(database, [Act(*found) for found in ready])
    return _told(database, "release", file_id, done)


def retract(database: Database, name: str, reason: str | None) -> Facts:
    """Take a file out as if it had never come; what was said of it before stays. Raises IngestionError."""
    file = _chosen(database, name, ("loaded", "held"), "retracted")
    file_id = file["file_id"]
    done: list[int] = []
    with database.transaction():
        database.lock_publications()
        before = _still(database, file, ("loaded", "held"))
        if latest := database.query(LATEST, {"file_id": file_id}):
            done = announce(database, [Act(latest[0][0], file_id, "retract")])
        word = reason or (f"retracted: {before}" if before else "retracted")
        database.execute(SET, {"file_id": file_id, "status": "retracted", "reason": _cut(word)})
    return _told(database, "retract", file_id, done)


def reclassify(
    database: Database, name: str, wanted: str | None, renamed: dict[str, str], is_to_rule: bool = False
) -> Facts:
    """Take a file's rows for another dataset, from now on and without reloading. Raises IngestionError."""
    file = _chosen(database, name, ("loaded", "held"), "reclassified")
    file_id = file["file_id"]
    dataset, pairs, missing = named_by_hand(file, wanted, renamed)
    if dataset.name == file["dataset"] and pairs == (file["cell_names"] or pairs):
        raise IngestionError(f"'{file['path']}' is taken for {dataset.name} already: nothing changes")
    done: list[int] = []
    with database.transaction():
        database.lock_publications()
        _still(database, file, (file["status"],))
        if not is_to_rule:
            refuse_overtaken(database, file, dataset.name)
        published = database.query(PUBLISHED, {"file_id": file_id})
        if published:
            # As what it was until now it ends here; a build that looks back still finds it so.
            latest = database.query(LATEST, {"file_id": file_id})[0][0]
            done = announce(database, [Act(latest, file_id, "retract")])
        changes = {"file_id": file_id, "dataset": dataset.name, "kind": dataset.kind}
        changes |= {
            "missing": f"missing {', '.join(missing)}" if missing else None,
            "cell_names": database.json(pairs if any(old != new for old, new in pairs) else None),
            "reason": file["reason"] if file["status"] == "held" else _word(file, dataset, missing),
        }
        database.execute(RECLASSIFY, changes)
        _date(database, file, dataset, pairs)
        done += announce(database, [Act(arrival, file_id) for (arrival,) in published])
    return _told(database, "reclassify", file_id, done)


def _word(file: Facts, dataset: Dataset, missing: Sequence[str]) -> str:
    text = f"reclassified from {file['dataset']} as {dataset.name}"
    return _cut(f"{text}; missing {', '.join(missing)}" if missing else text) or text


def _date(database: Database, file: Facts, dataset: Dataset, pairs: list[list[str]]) -> None:
    """The date of its state, where the dataset declares a column for it."""
    index = dataset.column_index([new for _, new in pairs], dataset.snapshot_date)
    found = database.query(FIRST_CELLS, {"file_id": file["file_id"]}) if index is not None else []
    if index is None or not found:
        return
    try:
        day = date.fromisoformat(str(found[0][0].get(pairs[index][0], "")).strip()[:10])
    except ValueError:
        # Not a date after all: the one it came with stays.
        return
    database.execute(DATE, {"file_id": file["file_id"], "day": day})


def _chosen(database: Database, name: str, statuses: tuple[str, ...], act: str) -> Facts:
    """The one file a name means that an act is possible with."""
    found = ledger.find_files(database, name)
    fitting = [file for file in found if file["status"] in statuses]
    if len(fitting) > 1:
        ids = ", ".join(f"{file['file_id'][:12]} ({file['rows_loaded']} rows)" for file in fitting)
        raise IngestionError(f"'{name}' has held {len(fitting)} contents: name one by its id: {ids}")
    if not fitting:
        raise IngestionError(
            f"'{name}' is {found[-1]['status']}: only a file that is {' or '.join(statuses)} can be {act}"
        )
    return fitting[0]


def _still(database: Database, file: Facts, statuses: tuple[str, ...]) -> str | None:
    """The reason the ledger gives now; the file is looked at again under the lock."""
    status, reason = database.query(STATUS, {"file_id": file["file_id"]})[0]
    if status not in statuses:
        raise IngestionError(f"'{file['path']}' is {status} meanwhile: `okr files show` tells more")
    return str(reason) if reason else None


def _cut(text: str | None) -> str | None:
    return text[:REASON_LENGTH] if text else None


def _told(database: Database, act: str, file_id: str, done: Sequence[int]) -> Facts:
    file = ledger.find_file(database, file_id)
    facts = ("path", "file_id", "status", "dataset", "reason", "rows_loaded", "rows_rejected", "publish_seq")
    return {"act": act, **{name: file[name] for name in facts}, "publications": list(done)}
