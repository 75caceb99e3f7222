"""Hosts connectors: each task in a process of its own, started again by policy when it fails."""

from __future__ import annotations

import multiprocessing
import queue
import time
import uuid
from multiprocessing import forkserver
from typing import Any

from ingestion.restart_policy import RestartPolicy
from ingestion.supervised_task import AnyConnector, SupervisedTask
from ingestion.task_status import TaskStatus

__all__ = ["Worker"]

# Imported once, in the process that task processes are forked from: they share that memory.
SHARED_MODULES = [
    "ingestion.task_server",
    "ingestion.cli",
    "ingestion.task_process",
    "ingestion.csv_source",
    "ingestion.table_source",
    "ingestion.warehouse_sink",
]


class Worker:
    """Starts connectors, watches their tasks and passes on what these report."""

    def __init__(self, policy: RestartPolicy | None = None) -> None:
        self.reports: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.connectors: dict[str, AnyConnector] = {}
        self._tasks: dict[str, list[SupervisedTask]] = {}
        self._policy = policy or RestartPolicy()
        self._process = uuid.uuid4().hex
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(SHARED_MODULES)
        # Its imports take half a second; they run while the caller looks at Kafka and the database.
        forkserver.ensure_running()

    def add(self, connector: AnyConnector) -> None:
        """Take a connector in, without starting it yet."""
        self.connectors[connector.name] = connector
        self._tasks[connector.name] = [
            SupervisedTask(
                connector,
                {**config, "worker.process": self._process},
                self._policy,
                self._context,
                self.reports.put,
            )
            for config in connector.task_configs()
        ]

    def start(self, connector: AnyConnector) -> None:
        """Start all tasks of a connector."""
        if connector.name not in self.connectors:
            self.add(connector)
        for task in self._tasks[connector.name]:
            task.start()

    def has(self, connector: str) -> bool:
        """Whether a connector was started."""
        return connector in self.connectors

    def tasks(self, connector: str) -> list[SupervisedTask]:
        """The tasks of a connector."""
        return self._tasks[connector]

    def statuses(self, connector: str) -> list[TaskStatus]:
        """How its tasks are."""
        return [task.status for task in self._tasks[connector]]

    def is_running(self, connector: str) -> bool:
        """Whether any task of a connector is still at work (or will be started again)."""
        return any(task.is_alive() for task in self._tasks.get(connector, []))

    def raise_failure(self) -> None:
        """Raise what made a task fail for good, if one has."""
        for tasks in self._tasks.values():
            for task in tasks:
                if task.failure:
                    raise task.failure

    def stop(self, grace: float = 15.0) -> None:
        """Ask all tasks to stop and wait; processes that have not after `grace` seconds are killed."""
        tasks = [task for tasks in self._tasks.values() for task in tasks if task.is_alive()]
        for task in tasks:
            task.grace = grace
            task.stop()
        deadline = time.monotonic() + grace + 5
        for task in tasks:
            task.join(max(0.1, deadline - time.monotonic()))
