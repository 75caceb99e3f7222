"""The connectors of a warehouse, running for good: what `python -m ingestion worker` is."""

from __future__ import annotations

import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from ingestion.csv_source import CSV_SOURCE, SOURCE_NAME, CsvSourceConnector
from ingestion.errors import IngestionError
from ingestion.ingestion_lock import Holder, IngestionLock
from ingestion.monitor import Monitor
from ingestion.restart_policy import RestartPolicy
from ingestion.scan_requests import ScanRequests
from ingestion.supervised_task import AnyConnector
from ingestion.table_source import SIGNALS_SOURCE, UPDATES_SOURCE, TableSourceConnector
from ingestion.topics import make_topics
from ingestion.turn import warehouse_of
from ingestion.warehouse_sink import SINK_NAME, WarehouseSinkConnector
from ingestion.worker import Worker
from settings import Settings

__all__ = ["WATCH_MINIMUM_AGE_MS", "WorkerService"]

logger = logging.getLogger(__name__)

WATCH_MINIMUM_AGE_MS = 1000
FOREVER = RestartPolicy(attempts=None, healthy=60.0)
GRACE_SECONDS = 8.0
RETRY_SECONDS = 2.0


class WorkerService:
    """Starts all connectors as soon as their services answer, and keeps them until it is told to stop."""

    def __init__(self, configured: Settings, url: str) -> None:
        self.configured = configured
        self.worker_id = url.removeprefix("http://")
        self.token = secrets.token_urlsafe(32)
        self.worker = Worker(FOREVER)
        self.scans = ScanRequests()
        self.offsets: dict[str, int] = {}
        self.waits_for: str | None = "begins"
        self.last_sent = 0.0
        self._url = url
        self._idle: dict[int, bool] = {}
        self._stopping = threading.Event()
        for connector in _connectors(configured):
            self.worker.add(connector)
        self.monitor = Monitor(configured, SINK_NAME, self.sink.topics)

    @property
    def sink(self) -> WarehouseSinkConnector:
        """The connector into the warehouse."""
        found = self.worker.connectors[SINK_NAME]
        assert isinstance(found, WarehouseSinkConnector)
        return found

    def stop(self) -> None:
        """End soon; may be called from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`."""
        self.monitor.start()
        lock = IngestionLock(self.configured.home)
        holder = Holder(os.getpid(), "worker", warehouse_of(self.configured), self._url, self.token)
        try:
            self._begin(lock, holder)
            while not self._stopping.is_set():
                try:
                    self._take(self.worker.reports.get(timeout=0.5))
                except queue.Empty:
                    continue
        finally:
            self.monitor.stop()
            self.worker.stop(GRACE_SECONDS)
            lock.release()

    def request_scan(self, wish: Mapping[str, Any]) -> str:
        """Have the source look at some places now; returns the name of the request."""
        tasks = self.worker.tasks(SOURCE_NAME)
        message = self.scans.add(wish, len(tasks))
        for task in tasks:
            task.ask(message)
        return str(message["request"])

    def is_idle(self) -> bool:
        """Whether the source has looked at everything and has left nothing for later."""
        return len(self._idle) == len(self.worker.tasks(SOURCE_NAME)) and all(self._idle.values())

    def _begin(self, lock: IngestionLock, holder: Holder) -> None:
        """Wait for the lock and for the broker, then start all connectors."""
        while not self._stopping.is_set() and not lock.acquire(holder):
            other = lock.holder()
            self.waits_for = f"waits for {other.text if other else 'another command'} to end"
            self._stopping.wait(0.5)
        while not self._stopping.is_set():
            try:
                make_topics(self.configured.kafka)
                break
            except IngestionError as problem:
                self.waits_for = str(problem)
                logger.warning("worker waits: %s", problem)
                self._stopping.wait(RETRY_SECONDS)
        if self._stopping.is_set():
            return
        for connector in self.worker.connectors.values():
            self.worker.start(connector)
        self.waits_for = None

    def _take(self, report: Mapping[str, Any]) -> None:
        event, name = report["event"], report["connector"]
        if event == "offset":
            self.offsets[name] = report["offset"]
        elif event in ("absent", "rewound"):
            logger.info("connector=%s %s", name, report["text"])
        if name != SOURCE_NAME:
            return
        task = report["task"]
        if event == "running":
            for message in self.scans.open(task):
                self.worker.tasks(name)[task].ask(message)
        elif event == "scanned":
            self.scans.take(report)
        if event in ("sent", "found"):
            self.last_sent = time.time()
        self._idle[task] = event == "scanned" and not report["young"]


def _connectors(configured: Settings) -> list[AnyConnector]:
    """Raises ConfigError."""
    watch = {"mode": "watch"}
    age = CSV_SOURCE.keys["file.minimum.age.ms"]
    source = {
        "name": SOURCE_NAME,
        "input.path": str(configured.data.resolve()),
        age.name: WATCH_MINIMUM_AGE_MS,
        **watch,
    }
    if age.variable in os.environ:
        del source[age.name]
    return [
        CsvSourceConnector(source),
        WarehouseSinkConnector({"name": SINK_NAME}),
        TableSourceConnector({**UPDATES_SOURCE, **watch}),
        TableSourceConnector({**SIGNALS_SOURCE, **watch}),
    ]
