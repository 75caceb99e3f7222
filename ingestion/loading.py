"""One load: CsvSource and WarehouseSink together until everything found is in the warehouse."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ingestion import ledger
from ingestion.arrival_watch import ArrivalWatch
from ingestion.csv_source import SOURCE_NAME, CsvSourceConnector
from ingestion.errors import IngestionError
from ingestion.load_facts import load_facts
from ingestion.postgres import PostgresDatabase
from ingestion.topics import make_topics
from ingestion.warehouse_sink import SINK_NAME, WarehouseSinkConnector
from ingestion.worker import Worker
from settings import Settings

__all__ = ["load"]

Tell = Callable[[Mapping[str, Any]], None]


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
        if event in ("found", "running"):
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
    watch = ArrivalWatch(configured, database)
    try:
        _follow(worker, progress, sink, lambda: not worker.is_running(SOURCE_NAME))
        ends = watch.topic_ends()
        if not worker.has(SINK_NAME) and not watch.has_arrived(ends):
            worker.start(sink)
        _follow(worker, progress, sink, lambda: watch.has_arrived(ends))
        counts = {name: progress.total(name) for name in ("paths", "unchanged", "ignored", "bytes")}
        counts |= {"published": progress.published, "restarts": progress.restarts}
        ignored = progress.lists("ignored_paths")
        return load_facts(
            ledger.facts_of(watch.database, progress.lists("files"), newest), counts, ignored, began
        )
    finally:
        worker.stop()
        watch.database.close()


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
