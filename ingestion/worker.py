"""Hosts connectors: each task in a process of its own, started again by policy when it fails."""

from __future__ import annotations

import logging
import multiprocessing
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)
from tenacity.nap import sleep_using_event

from ingestion.connector import SinkConnector, SourceConnector
from ingestion.errors import FatalError, FencedError, IngestionError, RetriableError
from ingestion.task_process import ERRORS, run_task

__all__ = ["RestartPolicy", "TaskStatus", "Worker"]

logger = logging.getLogger(__name__)

AnyConnector = SourceConnector | SinkConnector


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Waits grow from `first` to `longest` seconds; after `attempts` failures in a row the task has failed.

    A task that ran for `healthy` seconds starts counting anew.
    """

    attempts: int = 12
    first: float = 0.5
    longest: float = 20.0
    healthy: float = 120.0


@dataclass(slots=True)
class TaskStatus:
    """State of a task in Kafka Connect's words, how often it was started again, and why last."""

    connector: str
    task: int
    state: str = "UNASSIGNED"
    restarts: int = 0
    trace: str | None = None
    process_id: int | None = None


class _UnhealthyError(RetriableError):
    """A task process ended otherwise than it should."""


class Worker:
    """Starts connectors, watches their tasks and passes on what these report."""

    def __init__(self, policy: RestartPolicy | None = None) -> None:
        self.reports: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.tasks: list[TaskStatus] = []
        self._policy = policy or RestartPolicy()
        self._stopping = threading.Event()
        self._threads: dict[int, threading.Thread] = {}
        self._failures: list[IngestionError] = []
        self._context = multiprocessing.get_context("spawn")

    def start(self, connector: AnyConnector) -> None:
        """Start all tasks of a connector."""
        for config in connector.task_configs():
            status = TaskStatus(connector.name, config["task.id"])
            self.tasks.append(status)
            thread = threading.Thread(target=self._supervise, args=(connector, config, status), daemon=True)
            self._threads[id(status)] = thread
            thread.start()

    def has(self, connector: str) -> bool:
        """Whether a connector was started."""
        return any(status.connector == connector for status in self.tasks)

    def is_running(self, connector: str) -> bool:
        """Whether any task of a connector is still at work (or will be started again)."""
        mine = [status for status in self.tasks if status.connector == connector]
        return any(self._threads[id(status)].is_alive() for status in mine)

    def raise_failure(self) -> None:
        """Raise what made a task fail for good, if one has."""
        if self._failures:
            raise self._failures[0]

    def stop(self, timeout: float = 20.0) -> None:
        """Ask all tasks to stop and wait; processes that do not are killed."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads.values():
            thread.join(max(0.1, deadline - time.monotonic()))

    def _supervise(self, connector: AnyConnector, config: Mapping[str, Any], status: TaskStatus) -> None:
        try:
            while not self._stopping.is_set() and not self._keep_running(connector, config, status):
                logger.info(
                    "connector=%s task=%d was healthy for long, counts anew", status.connector, status.task
                )
            status.state = "UNASSIGNED"
        except IngestionError as problem:
            status.state, status.trace = "FAILED", str(problem)
            self._failures.append(problem)

    def _keep_running(self, connector: AnyConnector, config: Mapping[str, Any], status: TaskStatus) -> bool:
        """Run until the task has ended well (True), or failed after a long healthy time (False)."""
        policy = self._policy

        def note(state: RetryCallState) -> None:
            status.state, status.restarts = "RESTARTING", status.restarts + 1
            status.trace = str(state.outcome.exception()) if state.outcome else None
            logger.warning("connector=%s task=%d restarts: %s", status.connector, status.task, status.trace)
            self.reports.put({"event": "restart", "connector": status.connector, "reason": status.trace})

        retrying = Retrying(
            retry=retry_if_exception_type(_UnhealthyError),
            wait=wait_exponential_jitter(initial=policy.first, max=policy.longest, jitter=0.3),
            stop=stop_after_attempt(policy.attempts),
            sleep=sleep_using_event(self._stopping),
            before_sleep=note,
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                began = time.monotonic()
                try:
                    self._run_process(connector, config, status)
                    return True
                except _UnhealthyError:
                    if self._stopping.is_set():
                        return True
                    if time.monotonic() - began > policy.healthy:
                        return False
                    raise
        return True

    def _run_process(self, connector: AnyConnector, config: Mapping[str, Any], status: TaskStatus) -> None:
        """One life of a task process. _UnhealthyError when it ends badly, others when no restart helps."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=run_task,
            args=(type(connector), dict(connector.config), dict(config), theirs),
            name=f"{status.connector}-{status.task}",
            daemon=True,
        )
        process.start()
        theirs.close()
        status.state, status.process_id = "RUNNING", process.pid
        last_word = self._listen(ours, process.sentinel, status)
        process.join(5)
        if process.is_alive():
            process.kill()
            process.join()
        ours.close()
        status.process_id = None
        if process.exitcode == 0 and last_word is None:
            return
        kind, text = last_word or ("RetriableError", f"process ended with code {process.exitcode}")
        error = ERRORS.get(kind, RetriableError)
        if issubclass(error, FencedError | FatalError) or not issubclass(
            error, RetriableError | ERRORS["ServiceError"]
        ):
            raise error(text)
        raise _UnhealthyError(text)

    def _listen(self, ours: Connection, sentinel: int, status: TaskStatus) -> tuple[str, str] | None:
        """Pass on reports until the process ends; returns its last word, if it failed."""
        failure: tuple[str, str] | None = None
        asked = 0.0
        while True:
            ready = wait([ours, sentinel], timeout=0.2)
            if ours in ready:
                try:
                    message = ours.recv()
                except (EOFError, OSError):
                    return failure
                if message.get("event") == "failed":
                    failure = (message["kind"], message["text"])
                else:
                    self.reports.put({**message, "connector": status.connector, "task": status.task})
            elif sentinel in ready:
                return failure
            if self._stopping.is_set():
                if not asked:
                    asked = time.monotonic()
                    _ask_to_stop(ours)
                elif time.monotonic() - asked > 15:
                    return failure


def _ask_to_stop(ours: Connection) -> None:
    try:
        ours.send("stop")
    except OSError:
        # It has ended already.
        logger.debug("a task ended before it was asked to")
