"""Sends changes of key results and signals: both TableSources once, until caught up."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from typing import Any

from ingestion.postgres import PostgresDatabase
from ingestion.table_source import SIGNALS_SOURCE, UPDATES_SOURCE, TableSourceConnector
from ingestion.topics import make_topics
from ingestion.worker import Worker
from settings import Settings

__all__ = ["publish"]

STAGE = "publish-updates"


def publish(configured: Settings, tell: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """Send what is new. Raises IngestionError with one line."""
    began = time.monotonic()
    make_topics(configured.kafka)
    PostgresDatabase(configured.postgres).close()
    connectors = [TableSourceConnector(properties) for properties in (UPDATES_SOURCE, SIGNALS_SOURCE)]
    worker = Worker()
    sent = {connector.name: 0 for connector in connectors}
    tell({"event": "start", "stage": STAGE, "done": 0, "total": None, "text": "sending updates and signals"})
    for connector in connectors:
        worker.start(connector)
    try:
        is_running = True
        while is_running:
            is_running = any(worker.is_running(connector.name) for connector in connectors)
            try:
                while True:
                    _take(worker.reports.get(timeout=0.05), sent, tell)
            except queue.Empty:
                worker.raise_failure()
    finally:
        worker.stop()
    updates, signals = sent[UPDATES_SOURCE["name"]], sent[SIGNALS_SOURCE["name"]]
    return {"updates": updates, "signals": signals, "seconds": round(time.monotonic() - began, 2)}


def _take(report: Mapping[str, Any], sent: dict[str, int], tell: Callable[[Mapping[str, Any]], None]) -> None:
    if report["event"] == "sent":
        sent[report["connector"]] = report["rows"]
        tell(
            {
                "event": "progress",
                "stage": STAGE,
                "done": sum(sent.values()),
                "total": None,
                "text": f"{report['rows']} sent to {report['topic']}",
            }
        )
    elif report["event"] in ("absent", "rewound", "restart"):
        tell({"event": "message", "stage": STAGE, "text": report.get("text") or report.get("reason") or ""})
