"""Questions to the ledger: files, rejects, and whether everything sent has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ingestion.dialect import Database
from ingestion.errors import IngestionError
from ingestion.publishing import READY

__all__ = [
    "count_by_status",
    "facts_of",
    "find_file",
    "find_files",
    "has_arrived",
    "list_files",
    "list_rejects",
    "newest_known_at",
    "newest_publication",
    "positions",
]

FILE_COLUMNS = (
    "file_id",
    "source_instance",
    "path",
    "sha256",
    "bytes",
    "dataset",
    "dataset_kind",
    "nearest_dataset",
    "missing_columns",
    "known_at_basis",
    "encoding",
    "dialect",
    "header",
    "cell_names",
    "status",
    "rows_read",
    "rows_loaded",
    "rows_rejected",
    "rows_skipped",
    "skipped_by_kind",
    "reason",
    "publish_seq",
    "discovered_at",
    "known_at",
)
REJECT_COLUMNS = (
    "file_id",
    "path",
    "row_number",
    "line_number",
    "reason_code",
    "reason",
    "byte_offset",
    "byte_length",
    "raw_bytes",
    "rejected_at",
    "resolved_at",
    "resolution",
)
BY_STATUS = "select status, count(*) from okr_raw.files group by status"
NEWEST = "select known_at from okr_raw.publications order by publish_seq desc fetch first 1 rows only"
Fact = dict[str, Any]


def has_arrived(database: Database, connector: str, ends: dict[tuple[str, int], int]) -> bool:
    """Whether the sink has passed these ends and has published all it can."""
    reached = positions(database, connector)
    if any(reached.get(which, 0) < end for which, end in ends.items()):
        return False
    return not database.query(READY)


def positions(database: Database, connector: str) -> dict[tuple[str, int], int]:
    """How far a sink has come in each partition."""
    statement = (
        "select topic, topic_partition, next_offset from okr_raw.positions where connector = :connector"
    )
    found = database.query(statement, {"connector": connector})
    return {(topic, number): next_offset for topic, number, next_offset in found}


def count_by_status(database: Database) -> dict[str, int]:
    """How many files have each status."""
    return {status: count for status, count in database.query(BY_STATUS)}


def newest_known_at(database: Database) -> datetime | None:
    """When the last file was published; None before the first."""
    found = database.query(NEWEST)
    return found[0][0] if found else None


def list_files(database: Database, status: str | None = None) -> list[Fact]:
    """All files of the ledger, oldest first; then ignored ones, with status `ignored`.

    `unknown` is asked for like a status: files that are loaded as rows of no dataset.
    """
    files = (
        []
        if status == "ignored"
        else _facts(
            database,
            FILE_COLUMNS,
            f"""
        select {", ".join(FILE_COLUMNS)} from okr_raw.files
        where :status is null or status = :status or (dataset = :status and status = 'loaded')
        order by discovered_at, path
    """.replace(":status is null", "cast(:status as varchar(20)) is null"),
            {"status": status},
        )
    )
    if status in (None, "ignored"):
        statement = "select path, reason, discovered_at from okr_raw.ignored_files order by path"
        ignored = _facts(database, ("path", "reason", "discovered_at"), statement, {})
        files += [{**entry, "status": "ignored"} for entry in ignored]
    return files


def find_files(database: Database, name: str) -> list[Fact]:
    """Contents that a file_id (or its beginning) or a path means, oldest first. Raises IngestionError."""
    statement = f"""
        select {", ".join(FILE_COLUMNS)} from okr_raw.files f
        where file_id like :prefix or path = :name
           or exists (select 1 from okr_raw.arrivals a where a.file_id = f.file_id and a.path = :name)
        order by discovered_at
    """
    prefix = f"{name}%" if len(name) >= 6 and name.isalnum() else name
    found = _facts(database, FILE_COLUMNS, statement, {"prefix": prefix, "name": name})
    if not found:
        raise IngestionError(f"no file '{name}' in the ledger: `okr files list` shows all")
    return found


def find_file(database: Database, name: str) -> Fact:
    """The newest of them, with its arrivals. Raises IngestionError."""
    file = find_files(database, name)[-1]
    columns = (
        "arrival_id",
        "path",
        "snapshot_date",
        "snapshot_date_source",
        "discovered_at",
        "last_seen_at",
        "publish_seq",
    )
    arrivals = """
        select a.arrival_id, a.path, a.snapshot_date, a.snapshot_date_source, a.discovered_at, a.last_seen_at,
            p.publish_seq
        from okr_raw.arrivals a left join okr_raw.publications p on p.arrival_id = a.arrival_id
        where a.file_id = :file_id order by a.discovered_at
    """
    return {**file, "arrivals": _facts(database, columns, arrivals, {"file_id": file["file_id"]})}


def list_rejects(
    database: Database, file_id: str | None = None, limit: int | None = 100, only_open: bool = False
) -> list[Fact]:
    """Rejected rows, newest file first; without a limit all."""
    columns = ", ".join(f"f.{name}" if name == "path" else f"r.{name}" for name in REJECT_COLUMNS)
    statement = f"""
        select {columns} from okr_raw.rejects r left join okr_raw.files f on f.file_id = r.file_id
        where (cast(:file_id as varchar(64)) is null or r.file_id = :file_id)
            {"and r.resolved_at is null" if only_open else ""}
        order by f.discovered_at desc, r.file_id, r.row_number
        {"" if limit is None else f"fetch first {int(limit)} rows only"}
    """
    return _facts(database, REJECT_COLUMNS, statement, {"file_id": file_id})


def newest_publication(database: Database) -> int:
    """The last publish_seq given out; 0 before the first."""
    return int(database.query("select coalesce(max(publish_seq), 0) from okr_raw.publications")[0][0])


def facts_of(database: Database, file_ids: Sequence[str], after: int) -> list[Fact]:
    """Ledger rows of these files, and of those published after a publish_seq."""
    wanted = set(file_ids)
    is_new = [file for file in list_files(database) if file["status"] != "ignored"]
    return [file for file in is_new if file["file_id"] in wanted or (file["publish_seq"] or 0) > after]


def _facts(database: Database, columns: Sequence[str], statement: str, values: dict[str, Any]) -> list[Fact]:
    return [dict(zip(columns, row, strict=True)) for row in database.query(statement, values)]
