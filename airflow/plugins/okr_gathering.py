"""Many signals become one batch: what has arrived is gathered until it has been quiet for a while."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Batch", "Gathering"]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Signals taken together, and the positions after them.

    `facts` is None where none of them was of a kind that is waited for. `is_delivered` is set once the event
    made of the batch has been taken over.
    """

    facts: dict[str, Any] | None
    positions: dict[int, int]
    is_delivered: bool = False


@dataclass(slots=True)
class Gathering:
    """Messages since the last batch."""

    kinds: list[str]
    quiet_seconds: float
    patience_seconds: float
    clock: Callable[[], float] = time.monotonic
    _positions: dict[int, int] = field(default_factory=dict)
    _found: Counter[str] = field(default_factory=Counter)
    _datasets: set[str] = field(default_factory=set)
    _outbox_ids: list[int] = field(default_factory=list)
    _first_at: float = 0.0
    _last_at: float = 0.0

    def add(self, partition: int, offset: int, value: bytes | None) -> None:
        """Take a message in; one that is no signal is said to be none and passed over."""
        self._positions[partition] = offset + 1
        try:
            signal = json.loads(value or b"")
            kind, outbox_id, payload = str(signal["signal"]), int(signal["outbox_id"]), signal["payload"]
            dataset = (payload or {}).get("dataset")
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            logger.warning("Partition %s offset %s holds no signal: %r", partition, offset, problem)
            return
        if kind not in self.kinds:
            return
        self._last_at = self.clock()
        if not self._found:
            self._first_at = self._last_at
        self._found[kind] += 1
        self._outbox_ids.append(outbox_id)
        if dataset:
            self._datasets.add(str(dataset))

    def cut(self) -> Batch | None:
        """The batch that is due now, if one is: positions alone are due at once."""
        if not self._positions:
            return None
        now = self.clock()
        waits_on = now - self._last_at < self.quiet_seconds and now - self._first_at < self.patience_seconds
        if self._found and waits_on:
            return None
        batch = Batch(self._facts() if self._found else None, self._positions)
        self.clear()
        return batch

    def clear(self) -> None:
        """Forget what was gathered."""
        self._positions, self._found, self._datasets, self._outbox_ids = {}, Counter(), set(), []

    def _facts(self) -> dict[str, Any]:
        return {
            "kinds": dict(self._found),
            "datasets": sorted(self._datasets),
            "first_outbox_id": min(self._outbox_ids),
            "last_outbox_id": max(self._outbox_ids),
            "count": self._found.total(),
        }
