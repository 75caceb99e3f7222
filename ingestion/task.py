"""What a task is: the part of a connector that moves data, in a process of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message, TopicPartition

__all__ = ["Batch", "Report", "SinkTask", "SourceTask", "Task"]

Partition = Mapping[str, str]
Report = Callable[[Mapping[str, Any]], None]


@dataclass(slots=True)
class Batch:
    """What one Kafka transaction sends: messages per topic, and the source offsets that then hold."""

    messages: dict[str, list[dict[str, bytes]]] = field(default_factory=dict)
    offsets: dict[tuple[tuple[str, str], ...], dict[str, Any] | None] = field(default_factory=dict)
    count: int = 0
    size: int = 0

    def add(self, topic: str, key: str, value: bytes) -> None:
        """Send one message."""
        # A copy has its own size; what orjson gives keeps a buffer of some 8 KB alive.
        exact = bytes(memoryview(value))
        self.messages.setdefault(topic, []).append({"key": key.encode(), "value": exact})
        self.count += 1
        self.size += len(value)

    def set_offset(self, partition: Partition, offset: dict[str, Any] | None) -> None:
        """Remember how far a source partition has come; None forgets it."""
        self.offsets[tuple(sorted(partition.items()))] = offset

    def mark(self) -> dict[str, int]:
        """A point to rewind to."""
        return {topic: len(messages) for topic, messages in self.messages.items()}

    def rewind(self, mark: Mapping[str, int]) -> None:
        """Take back all messages after a mark."""
        for topic, messages in self.messages.items():
            del messages[mark.get(topic, 0) :]


class Task(ABC):
    """Life of a task: start, work, stop. Raises IngestionError with one line when it can't go on."""

    def __init__(self, config: Mapping[str, Any], report: Report) -> None:
        self.config = config
        self.report = report

    @abstractmethod
    def stop(self) -> None:
        """Give back what start took."""


class SourceTask(Task):
    """Reads somewhere and sends to Kafka."""

    @abstractmethod
    def start(self, offsets: Mapping[tuple[tuple[str, str], ...], dict[str, Any]]) -> None:
        """Begin after these offsets: all this connector has committed."""

    @abstractmethod
    def poll(self) -> Batch | None:
        """The next batch, at most one transaction's worth; None if there is nothing (for now)."""

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to do, ever."""
        return False

    def committed(self, batch: Batch) -> None:
        """The batch and its offsets now hold."""

    def ask(self, request: Mapping[str, Any]) -> None:
        """Take a request of the worker, to be seen to when it comes to that."""


class SinkTask(Task):
    """Takes from Kafka and writes somewhere."""

    @abstractmethod
    def start(self) -> None:
        """Connect."""

    @abstractmethod
    def open(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Take these partitions over; returns them with the offset to read next."""

    @abstractmethod
    def put(self, messages: Sequence[Message], ends: Mapping[tuple[str, int], int]) -> None:
        """Write a batch; `ends` are positions reached after it, past what holds no message."""

    @abstractmethod
    def close(self, partitions: Sequence[TopicPartition]) -> None:
        """These partitions are another task's from now on."""
