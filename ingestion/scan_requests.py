"""Looks at folders that others asked the worker for, and what came of them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ScanRequests"]

KEPT = 50


@dataclass(slots=True)
class _Request:
    message: dict[str, Any]
    tasks: int
    done: dict[int, dict[str, Any]] = field(default_factory=dict)


class ScanRequests:
    """Remembers each request until all tasks of the source have seen to it, through their restarts."""

    def __init__(self) -> None:
        self._requests: dict[str, _Request] = {}
        self._lock = threading.Lock()

    def add(self, wish: Mapping[str, Any], tasks: int) -> dict[str, Any]:
        """A new request; returns the message for the tasks."""
        message = {"request": uuid.uuid4().hex, **wish}
        with self._lock:
            self._requests[message["request"]] = _Request(message, tasks)
            for old in list(self._requests)[:-KEPT]:
                del self._requests[old]
        return message

    def open(self, task: int) -> list[dict[str, Any]]:
        """What a task that has just started is yet to see to."""
        with self._lock:
            return [request.message for request in self._requests.values() if task not in request.done]

    def take(self, report: Mapping[str, Any]) -> None:
        """A task has seen to a request."""
        with self._lock:
            if request := self._requests.get(report.get("request") or ""):
                request.done[report["task"]] = dict(report)

    def state(self, identity: str) -> dict[str, Any] | None:
        """How a request is; None if there is none of this name."""
        with self._lock:
            request = self._requests.get(identity)
            if request is None:
                return None
            reports = list(request.done.values())
            is_done = len(reports) == request.tasks
        counts = ("paths", "unchanged", "ignored", "bytes", "young")
        return {
            "request": identity,
            "state": "done" if is_done else "waiting",
            **{name: sum(report[name] for report in reports) for name in counts},
            "files": [file for report in reports for file in report["files"]],
            "ignored_paths": [entry for report in reports for entry in report["ignored_paths"]],
        }
