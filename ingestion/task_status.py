"""How a task is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TaskStatus"]


@dataclass(slots=True)
class TaskStatus:
    """State of a task in Kafka Connect's words, how often it was started again, why last, and what it did."""

    connector: str
    task: int
    state: str = "UNASSIGNED"
    restarts: int = 0
    trace: str | None = None
    process_id: int | None = None
    stopped_since: float | None = None
    records: int = 0
    batches: int = 0
    batch_seconds: float = 0.0
    failures: int = 0
