"""When a task is started again, and when it has failed."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.errors import (
    ConfigError,
    FatalError,
    FencedError,
    IngestionError,
    RetriableError,
    ServiceError,
)

__all__ = ["RestartPolicy"]


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Waits grow from `first` to `longest` seconds; after `attempts` failures in a row the task has failed.

    Without `attempts` it never gives up but for what no restart can mend. A task that ran for `healthy`
    seconds starts counting anew.
    """

    attempts: int | None = 12
    first: float = 0.5
    longest: float = 20.0
    healthy: float = 120.0

    def is_final(self, problem: IngestionError) -> bool:
        """Whether no restart helps. A worker for good takes its place back from whoever has fenced it."""
        if self.attempts is None:
            return isinstance(problem, FatalError | ConfigError)
        return isinstance(problem, FencedError) or not isinstance(problem, RetriableError | ServiceError)
