"""What runs in the process of a task."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import settings
from ingestion import errors
from ingestion.connector import SinkConnector, SourceConnector
from ingestion.sink_runner import run_sink
from ingestion.source_runner import run_source
from ingestion.system_calls import die_with_parent, name_process

__all__ = ["ERRORS", "run_task"]

ERRORS: dict[str, type[errors.IngestionError]] = {name: getattr(errors, name) for name in errors.__all__}


def run_task(
    connector_class: type[SourceConnector | SinkConnector],
    properties: Mapping[str, Any],
    config: Mapping[str, Any],
    worker: Connection,
) -> None:
    """Run one task until it is finished, is asked to stop, or the worker is gone."""
    # The worker decides when to stop: Ctrl-C reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_the_worker()
    name_process(f"{config['task.id']} {config['name']}")
    logging.basicConfig(
        level=os.environ.get("OKR_LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s %(message)s"
    )
    # It tells of each statement that a lost session interrupts; the task's own error says it once.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    link = _Link(worker)
    try:
        kafka = settings.load().kafka
        connector = connector_class(properties)
        if isinstance(connector, SinkConnector):
            sink = connector.task_class(config, link.report)
            run_sink(sink, connector.name, connector.topics, kafka, link.is_stopped)
        else:
            source = connector.task_class(config, link.report)
            link.on_request = source.ask
            run_source(source, connector.name, kafka, link.is_stopped)
    except errors.IngestionError as problem:
        link.report({"event": "failed", "kind": type(problem).__name__, "text": str(problem)})
        raise SystemExit(1) from None
    except Exception as problem:
        text = f"unexpected {type(problem).__name__}: {problem}".splitlines()[0]
        link.report({"event": "failed", "kind": "RetriableError", "text": text})
        raise


def _die_with_the_worker() -> None:
    """No task outlives a worker that was killed, whatever it waits for just then."""
    die_with_parent()
    threading.Thread(target=_end_after_parent, daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


class _Link:
    """The pipe to the worker: reports go up, requests and the wish to stop come down."""

    def __init__(self, worker: Connection) -> None:
        self._worker = worker
        self._stopped = False
        self.on_request: Callable[[Mapping[str, Any]], None] | None = None

    def report(self, message: Mapping[str, Any]) -> None:
        """Tell the worker."""
        try:
            self._worker.send(dict(message))
        except OSError:
            self._stopped = True

    def is_stopped(self) -> bool:
        """Whether to stop; passes requests on."""
        try:
            while not self._stopped and self._worker.poll(0):
                message = self._worker.recv()
                if message == "stop":
                    self._stopped = True
                elif self.on_request:
                    self.on_request(message)
        except (EOFError, OSError):
            self._stopped = True
        return self._stopped
