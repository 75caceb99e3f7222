"""How the worker is, as `/health` tells it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ingestion.csv_source import SOURCE_NAME
from ingestion.supervised_task import AnyConnector
from ingestion.task_status import TaskStatus
from ingestion.worker_service import WorkerService

__all__ = ["STATUS_CODES", "connector_state", "health"]

# As Kafka Connect answers its own /health.
STATUS_CODES = {"healthy": 200, "starting": 503, "unhealthy": 500}


def health(service: WorkerService) -> dict[str, Any]:
    """All there is to say: a status with its reason, then each service and each task."""
    seen = service.monitor.observation()
    problems = [problem for problem in (seen.kafka_problem, seen.postgres_problem) if problem]
    problems += _problems(service)
    lag = sum(seen.lag.values())
    is_starting = service.waits_for is not None or seen.looked_at == 0 or _is_beginning(service)
    is_caught_up = not problems and not is_starting and service.is_idle() and lag == 0
    status = "starting" if is_starting else "unhealthy" if problems else "healthy"
    if is_starting:
        problems.insert(0, service.waits_for or "looks at its services")
    return {
        "status": status,
        "message": "; ".join(problems) or ("caught up" if is_caught_up else f"{lag} records behind"),
        "worker_id": service.worker_id,
        "caught_up": is_caught_up and seen.looked_at > service.last_sent,
        "lag_records": lag,
        "files": seen.files,
        "kafka": {"answers": seen.kafka_problem is None, "reason": seen.kafka_problem},
        "postgres": {"answers": seen.postgres_problem is None, "reason": seen.postgres_problem},
        "connectors": {
            name: {
                "state": connector_state(service.worker.statuses(name)),
                "type": connector.direction,
                "offset": service.offsets.get(name),
                "records": sum(status.records for status in service.worker.statuses(name)),
                "tasks": [_task(status) for status in service.worker.statuses(name)],
            }
            for name, connector in service.worker.connectors.items()
        },
    }


def connector_state(tasks: list[TaskStatus]) -> str:
    """State of a connector: it has no life apart from its tasks, and fails only where they do."""
    states = {status.state for status in tasks}
    return states.pop() if len(states) == 1 and states <= {"PAUSED", "UNASSIGNED"} else "RUNNING"


def _task(status: TaskStatus) -> dict[str, Any]:
    return {
        "id": status.task,
        "state": status.state,
        "restarts": status.restarts,
        "reason": status.trace,
        "process_id": status.process_id,
        "records": status.records,
    }


def _problems(service: WorkerService) -> list[str]:
    found = []
    if service.waits_for is None:
        for name, connector in service.worker.connectors.items():
            found += [text for status in service.worker.statuses(name) if (text := _problem(status))]
            found += _missing_folder(name, connector)
    return found


def _is_beginning(service: WorkerService) -> bool:
    """Whether a task has not been at work for the first time yet, and nothing has gone wrong."""
    statuses = [status for name in service.worker.connectors for status in service.worker.statuses(name)]
    return any(status.state == "UNASSIGNED" and not status.restarts for status in statuses)


def _problem(status: TaskStatus) -> str | None:
    who = f"{status.connector} task {status.task}"
    if status.stopped_since is not None:
        return f"{who} was stopped by a signal {time.monotonic() - status.stopped_since:.0f} s ago"
    if status.state in ("RUNNING", "PAUSED"):
        return None
    if status.state == "UNASSIGNED":
        return f"{who} starts"
    return f"{who} {status.state}: {status.trace or 'asked to'}"


def _missing_folder(name: str, connector: AnyConnector) -> list[str]:
    folder = connector.config.get("input.path", "")
    if name != SOURCE_NAME or Path(folder).is_dir():
        return []
    return [f"no folder {folder}: make it, or set OKR_DATA"]
