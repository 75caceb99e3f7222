"""Sends rejected rows again, as they were or mended, and waits until the sink has taken them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion import ledger, messages
from ingestion.arrival_watch import ArrivalWatch
from ingestion.cell_names import cell_names
from ingestion.csv_dialect import CsvDialect
from ingestion.csv_file import judge
from ingestion.csv_lines import LineReader
from ingestion.csv_records import records
from ingestion.csv_sender import MAX_MESSAGE_BYTES
from ingestion.errors import IngestionError
from ingestion.ingestion_lock import Holder
from ingestion.postgres import PostgresDatabase
from ingestion.sending import send
from ingestion.topics import INGEST, make_topics
from ingestion.turn import take_turn
from ingestion.warehouse_sink import SINK_NAME, WarehouseSinkConnector
from ingestion.worker import Worker
from ingestion.worker_client import WorkerClient
from settings import Settings

__all__ = ["Reading", "read_again", "replay"]

Fact = dict[str, Any]
REPLAYABLE = ("loaded", "held")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reject, read again: its cells, or why they still can't be told."""

    row_number: int
    line_number: int
    cells: Mapping[str, str] | None
    problem: str | None = None


def read_again(file: Mapping[str, Any], reject: Mapping[str, Any], text: str | None, limit: int) -> Reading:
    """Read a reject's own bytes, or a mended text in their place, as a row of its file."""
    where = (int(reject["row_number"]), int(reject["line_number"]))
    data, encoding = bytes(reject["raw_bytes"] or b""), str(file["encoding"])
    if text is not None:
        data, encoding = text.encode("utf-8", "surrogatepass"), "utf-8"
    elif len(data) < reject["byte_length"]:
        kept = f"only {len(data)} of its {reject['byte_length']} bytes were kept"
        return Reading(*where, None, f"{kept}: give its text with --text or --text-file")
    dialect, names = CsvDialect(**file["dialect"]), cell_names(file)
    lines = LineReader(io.BytesIO(data), encoding, 0, "\n" if text is not None else dialect.terminator, limit)
    found = list(records(lines, dialect, encoding, limit))
    if len(found) != 1:
        return Reading(*where, None, f"the text is {len(found)} records: a reject is replayed by one")
    verdict = judge(found[0], len(names))
    if verdict:
        return Reading(
            *where, None, f"{verdict} line: no row" if isinstance(verdict, str) else verdict.reason
        )
    return Reading(*where, dict(zip(names, found[0].cells, strict=True)))


def replay(
    configured: Settings,
    file: Mapping[str, Any],
    readings: Sequence[Reading],
    how: str,
    tell: Callable[[Mapping[str, Any]], None],
) -> Fact:
    """Have the sink take what could be read, by the worker where one runs; returns the numbers it took.

    Raises IngestionError with one line.
    """
    if file["status"] not in REPLAYABLE:
        raise IngestionError(
            f"'{file['path']}' is {file['status']}: rejects are replayed of a file that is loaded or held"
        )
    values = [_message(file, reading, how) for reading in readings if reading.cells is not None]
    if values:
        take_turn(
            configured,
            "rejects replay",
            tell,
            alone=lambda: _alone(configured, file["file_id"], values),
            beside=lambda holder: _beside(configured, file["file_id"], values, holder),
        )
    database = PostgresDatabase(configured.postgres)
    try:
        found = ledger.list_rejects(database, file["file_id"], None)
    finally:
        database.close()
    resolved = {entry["row_number"] for entry in found if entry["resolved_at"]}
    return {
        "replayed": [r.row_number for r in readings if r.cells is not None and r.row_number in resolved],
        "open": [entry["row_number"] for entry in found if not entry["resolved_at"]],
    }


def _message(file: Mapping[str, Any], reading: Reading, how: str) -> bytes:
    assert reading.cells is not None
    value = messages.replay(reading.row_number, reading.line_number, reading.cells, how)
    if len(value) > MAX_MESSAGE_BYTES:
        raise IngestionError(f"row {reading.row_number} of '{file['path']}' is too large for one message")
    return value


def _alone(configured: Settings, file_id: str, values: Sequence[bytes]) -> Fact:
    """Send, and run the sink until it has written them."""
    make_topics(configured.kafka)
    send(configured.kafka, INGEST, [(file_id.encode(), each) for each in values])
    watch = ArrivalWatch(configured, PostgresDatabase(configured.postgres))
    worker = Worker()
    try:
        worker.start(WarehouseSinkConnector({"name": SINK_NAME}))
        _until_arrived(watch, _failing(worker))
    finally:
        worker.stop()
        watch.database.close()
    return {}


def _beside(configured: Settings, file_id: str, values: Sequence[bytes], holder: Holder) -> Fact:
    """Send, and wait until the worker's sink has written them."""
    client = WorkerClient(holder)
    client.health()
    send(configured.kafka, INGEST, [(file_id.encode(), each) for each in values])
    watch = ArrivalWatch(configured, PostgresDatabase(configured.postgres))
    try:
        _until_arrived(watch, client.patiently())
    finally:
        watch.database.close()
    return {}


def _until_arrived(watch: ArrivalWatch, waiting: Iterator[Any]) -> None:
    ends = watch.topic_ends()
    for _ in waiting:
        if watch.has_arrived(ends):
            return


def _failing(worker: Worker) -> Iterator[None]:
    """Yields a few times a second, until a task has failed for good."""
    while True:
        worker.raise_failure()
        yield
        time.sleep(0.1)
