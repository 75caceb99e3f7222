"""Who runs the tasks of a source connector: told in the topic of source offsets, decided by fencing.

Two records for each task, under a name of their own, both outside any transaction:

    process   which worker runs it, told before the transactional id is taken over. Whoever is fenced finds
              there who has done it; itself, if it was the broker, which fences after an outlived transaction
    count     of how many tasks it is one, told after its transactional id was taken over. Of another number
              than ours, it holds other places than ours: until it is fenced too, none of ours reads offsets
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Producer

from ingestion.sending import send
from ingestion.source_offsets import key, read_offsets, value
from ingestion.topics import OFFSETS
from settings import KafkaSettings

__all__ = ["TaskClaim"]

logger = logging.getLogger(__name__)

SIBLING_SECONDS = 5.0
LOOK_SECONDS = 0.2


class TaskClaim:
    """A task's place among those of its connector, and what takes a transactional id over."""

    def __init__(
        self,
        kafka: KafkaSettings,
        connector: str,
        config: Mapping[str, Any],
        fence: Callable[[int], Producer],
    ) -> None:
        self._kafka = kafka
        self._name = f"tasks of {connector}"
        self._task, self._count = int(config["task.id"]), int(config["task.count"])
        self._process = str(config["worker.process"])
        self._fence = fence

    def take(self) -> Producer:
        """Take the task over, and whatever ran as one of another number of tasks. Raises ServiceError."""
        producer = self._take_over(self._task)
        former = self._former()
        deadline = time.monotonic() + SIBLING_SECONDS
        # Tasks of ours that are just starting fence their own former selves: twice would cost them a restart.
        while any(task < self._count for task in former) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            former = self._former()
        for task in former:
            logger.info("%s: task %d, one of another number, is fenced", self._name, task)
            self._take_over(task)
        return producer

    def is_overtaken(self) -> bool:
        """Whether another worker has said that it runs this task. Raises ServiceError."""
        said = read_offsets(self._kafka, self._name).get(_process(self._task))
        return said is not None and said["process"] != self._process

    def _take_over(self, task: int) -> Producer:
        self._tell(_process(task), {"process": self._process})
        producer = self._fence(task)
        self._tell(_count(task), {"count": self._count})
        return producer

    def _former(self) -> list[int]:
        """Tasks that may have run as one of another number."""
        said = read_offsets(self._kafka, self._name)
        return sorted(
            int(dict(which)["count"])
            for which, fact in said.items()
            if "count" in dict(which) and fact["count"] != self._count
        )

    def _tell(self, which: tuple[tuple[str, str], ...], fact: dict[str, Any]) -> None:
        send(self._kafka, OFFSETS, [(key(self._name, which), value(fact))])


def _process(task: int) -> tuple[tuple[str, str], ...]:
    return (("process", str(task)),)


def _count(task: int) -> tuple[tuple[str, str], ...]:
    return (("count", str(task)),)
