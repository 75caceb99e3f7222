"""One load: CsvSource and WarehouseSink together until everything found is in the warehouse."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion import ledger
from ingestion.csv_source import CsvSourceConnector
from ingestion.dialect import Database
from ingestion.errors import IngestionError, RetriableError, ServiceError
from ingestion.postgres import PostgresDatabase
from ingestion.topics import INGEST, REJECTS, make_topics, topic_ends
from ingestion.warehouse_sink import WarehouseSinkConnector
from ingestion.worker import Worker
from settings import Settings

__all__ = ["SINK_NAME", "SOURCE_NAME", "load"]

SOURCE_NAME = "csv-source"
SINK_NAME = "warehouse-sink"
Tell = Callable[[Mapping[str, Any]], None]
# A service that goes away during a load has this long to come back; the tasks have their own restart policy.
OUTAGE_SECONDS = 180


class _Progress:
    """Sums up what the tasks report."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._sent: dict[int, dict[str, Any]] = {}
        self.rows = self.rejects = self.published = self.restarts = 0
        self.last_reason: str | None = None

    def take(self, report: Mapping[str, Any]) -> None:
        """One report of a task."""
        event = report["event"]
        if event == "found":
            return
        if event in ("sent", "scanned"):
            self._sent[report["task"]] = dict(report)
        elif event == "written":
            self.rows += report["rows"]
            self.rejects += report["rejects"]
            self.published += report["published"]
        elif event == "restart":
            self.restarts += 1
            self.last_reason = report["reason"]
            self._tell(
                {
                    "event": "message",
                    "stage": "load",
                    "text": f"{report['connector']} restarts: {report['reason']}",
                }
            )
            return
        total = self.total("rows") + self.total("rejects")
        done = self.rows + self.rejects
        text = f"{self.total('paths')} paths looked at, {done} rows written"
        self._tell(
            {
                "event": "progress",
                "stage": "load",
                "done": done,
                "total": max(total, done) or None,
                "text": text,
            }
        )

    def total(self, name: str) -> int:
        """Sum over the source's tasks."""
        return sum(int(report[name]) for report in self._sent.values())

    def lists(self, name: str) -> list[Any]:
        """All entries over the source's tasks."""
        return [entry for report in self._sent.values() for entry in report[name]]


def load(configured: Settings, source: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Take what is new; returns the facts of this load. With `mode` watch it goes on until interrupted.

    Raises IngestionError with one line: a wrong setting, a service that can't be reached, a task that failed
    for good.
    """
    began = time.monotonic()
    data = Path(source["input.path"])
    if not source.get("input.paths") and not data.is_dir():
        raise IngestionError(f"no folder {data}: make it, or name another with --data or OKR_DATA")
    for path in source.get("input.paths", []):
        if not Path(path).exists():
            raise IngestionError(f"no file or folder {path}")
    csv_source = CsvSourceConnector({"name": SOURCE_NAME, **source})
    sink = WarehouseSinkConnector({"name": SINK_NAME})
    make_topics(configured.kafka)
    database = PostgresDatabase(configured.postgres)
    worker = Worker()
    progress = _Progress(tell)
    newest = ledger.newest_publication(database)
    tell({"event": "start", "stage": "load", "done": 0, "total": None, "text": f"loading {data}"})
    worker.start(csv_source)
    watch = _Watch(configured, database)
    try:
        _follow(worker, progress, sink, lambda: not worker.is_running(SOURCE_NAME))
        ends = watch.topic_ends()
        if not worker.has(SINK_NAME) and not watch.has_arrived(ends):
            worker.start(sink)
        _follow(worker, progress, sink, lambda: watch.has_arrived(ends))
        return _facts(watch.database, progress, newest, time.monotonic() - began)
    finally:
        worker.stop()
        watch.database.close()


class _Watch:
    """Looks whether everything has arrived; outlives an outage of either service."""

    def __init__(self, configured: Settings, database: Database) -> None:
        self._configured = configured
        self.database = database
        self._patience = Retrying(
            retry=retry_if_exception_type((RetriableError, ServiceError)),
            wait=wait_fixed(1),
            stop=stop_after_delay(OUTAGE_SECONDS),
            reraise=True,
        )

    def topic_ends(self) -> dict[tuple[str, int], int]:
        """Where both topics end now."""
        return self._patience.copy()(topic_ends, self._configured.kafka, [INGEST, REJECTS])

    def has_arrived(self, ends: dict[tuple[str, int], int]) -> bool:
        """Whether the sink has passed these ends and everything is published."""
        return self._patience.copy()(self._has_arrived, ends)

    def _has_arrived(self, ends: dict[tuple[str, int], int]) -> bool:
        try:
            return ledger.has_arrived(self.database, SINK_NAME, ends)
        except RetriableError:
            self.database.close()
            self.database = PostgresDatabase(self._configured.postgres)
            return ledger.has_arrived(self.database, SINK_NAME, ends)


def _follow(
    worker: Worker, progress: _Progress, sink: WarehouseSinkConnector, is_done: Callable[[], bool]
) -> None:
    """Pass on progress until something is done. The sink is started when there is something for it."""
    checked = 0.0
    while True:
        try:
            while True:
                report = worker.reports.get(timeout=0.05)
                if report["event"] == "found" and not worker.has(SINK_NAME):
                    worker.start(sink)
                progress.take(report)
        except queue.Empty:
            worker.raise_failure()
        if time.monotonic() - checked > 0.1:
            checked = time.monotonic()
            if is_done():
                worker.raise_failure()
                return


def _facts(database: Database, progress: _Progress, newest: int, seconds: float) -> dict[str, Any]:
    # What an interrupted load had sent before counts too, once it is published.
    files = ledger.facts_of(database, progress.lists("files"), newest)
    ignored = progress.lists("ignored_paths")
    counted = {
        f"rows_{kind}": sum(file[f"rows_{kind}"] or 0 for file in files)
        for kind in ("read", "loaded", "rejected", "skipped")
    }
    by_status = {
        status: sum(file["status"] == status for file in files) for status in ("loaded", "held", "failed")
    }
    problems = [file for file in files if file["reason"]]
    return {
        "paths": progress.total("paths"),
        "unchanged": progress.total("unchanged"),
        "files": len(files),
        **{f"files_{status}": count for status, count in by_status.items()},
        "files_unknown": sum(file["dataset"] == "unknown" for file in files),
        "files_ignored": progress.total("ignored"),
        **counted,
        "published": progress.published,
        "bytes": progress.total("bytes"),
        "restarts": progress.restarts,
        "seconds": round(seconds, 2),
        "datasets": _by_dataset(files),
        "notes": [
            {"path": file["path"], "status": file["status"], "reason": file["reason"]} for file in problems
        ],
        "ignored": ignored,
    }


def _by_dataset(files: list[dict[str, Any]]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for file in files:
        rows[file["dataset"]] = rows.get(file["dataset"], 0) + file["rows_loaded"]
    return dict(sorted(rows.items()))
