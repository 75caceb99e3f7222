"""What the worker counts, under the names of Kafka Connect's own metrics in Prometheus' form."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psutil
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ingestion.worker_health import STATUS_CODES, connector_state, health
from ingestion.worker_service import WorkerService

__all__ = ["WorkerMetrics", "memory_of_all"]

TASK = ["connector", "task"]
STATES = ("UNASSIGNED", "RUNNING", "PAUSED", "RESTARTING", "FAILED")
Metric = CounterMetricFamily | GaugeMetricFamily


class WorkerMetrics(Collector):
    """Reads the state of the service when it is asked for; nothing is counted twice."""

    def __init__(self, service: WorkerService) -> None:
        self._service = service
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """The page."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield from self._of_worker()
        yield from self._of_tasks()
        yield from self._of_records()
        yield from self._of_warehouse()

    def _of_worker(self) -> Iterator[Metric]:
        connectors = self._service.worker.connectors
        tasks = sum(len(self._service.worker.statuses(name)) for name in connectors)
        yield _gauge(
            "kafka_connect_worker_connector_count", "Connectors run by this worker.", len(connectors)
        )
        yield _gauge("kafka_connect_worker_task_count", "Tasks run by this worker.", tasks)
        state = GaugeMetricFamily(
            "kafka_connect_connector_status",
            "1 for the state a connector is in.",
            labels=["connector", "status"],
        )
        for name in connectors:
            current = connector_state(self._service.worker.statuses(name))
            for word in STATES:
                state.add_metric([name, word.lower()], float(word == current))
        yield state
        facts = health(self._service)
        healthy = GaugeMetricFamily("okr_ingestion_health", "1 for what /health says.", labels=["status"])
        for word in STATUS_CODES:
            healthy.add_metric([word], float(facts["status"] == word))
        yield healthy
        yield _gauge("okr_ingestion_caught_up", "1 if all files are in the warehouse.", facts["caught_up"])
        yield _gauge("okr_ingestion_memory_bytes", "Memory of worker and tasks (PSS).", memory_of_all())

    def _of_tasks(self) -> Iterator[Metric]:
        status = GaugeMetricFamily(
            "kafka_connect_connector_task_status", "1 for the state a task is in.", labels=[*TASK, "status"]
        )
        restarts = CounterMetricFamily(
            "okr_ingestion_task_restarts", "Times a task was restarted.", labels=TASK
        )
        failures = CounterMetricFamily(
            "kafka_connect_task_error_total_record_failures", "Times a task process failed.", labels=TASK
        )
        for task in self._tasks():
            for word in STATES:
                status.add_metric([task.connector, str(task.task), word.lower()], float(word == task.state))
            restarts.add_metric([task.connector, str(task.task)], task.restarts)
            failures.add_metric([task.connector, str(task.task)], task.failures)
        yield from (status, restarts, failures)

    def _of_records(self) -> Iterator[Metric]:
        """Records that have passed, and the time their batches took."""
        written = CounterMetricFamily(
            "kafka_connect_source_task_source_record_write", "Records written to Kafka.", labels=TASK
        )
        sent = CounterMetricFamily(
            "kafka_connect_sink_task_sink_record_send", "Records written to the warehouse.", labels=TASK
        )
        average = GaugeMetricFamily(
            "kafka_connect_sink_task_put_batch_avg_time_ms", "Mean time of a batch.", labels=TASK
        )
        for task in self._tasks():
            labels = [task.connector, str(task.task)]
            if self._service.worker.connectors[task.connector].direction == "source":
                written.add_metric(labels, task.records)
                continue
            sent.add_metric(labels, task.records)
            average.add_metric(labels, 1000 * task.batch_seconds / max(1, task.batches))
        yield from (written, sent, average)

    def _of_warehouse(self) -> Iterator[Metric]:
        seen = self._service.monitor.observation()
        lag = GaugeMetricFamily(
            "okr_ingestion_lag_records",
            "Messages of a partition that are not in the warehouse yet.",
            labels=["topic", "partition"],
        )
        for (topic, partition), behind in sorted(seen.lag.items()):
            lag.add_metric([topic, str(partition)], behind)
        files = GaugeMetricFamily("okr_ingestion_files", "Files of the ledger.", labels=["status"])
        for word, count in sorted(seen.files.items()):
            files.add_metric([word], count)
        up = GaugeMetricFamily("okr_ingestion_service_up", "1 if it answers.", labels=["service"])
        up.add_metric(["kafka"], float(seen.kafka_problem is None))
        up.add_metric(["postgres"], float(seen.postgres_problem is None))
        yield from (lag, files, up)
        if seen.newest_publication:
            yield _gauge(
                "okr_ingestion_newest_publication_timestamp_seconds",
                "When the last file was published.",
                seen.newest_publication,
            )

    def _tasks(self) -> list[Any]:
        worker = self._service.worker
        return [status for name in worker.connectors for status in worker.statuses(name)]


def memory_of_all() -> int:
    """Memory of this process and all below it; what they share is counted once, where the system can tell."""
    own = psutil.Process(os.getpid())
    total = 0
    for process in (own, *own.children(recursive=True)):
        try:
            memory = process.memory_full_info()
        except psutil.Error:
            # It has ended meanwhile.
            continue
        total += getattr(memory, "pss", memory.rss)
    return total


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=float(value))
