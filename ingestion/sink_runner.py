"""Runs a sink task: consumes committed messages from the positions the task names."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from ingestion.errors import FatalError, FencedError, RetriableError
from ingestion.system_calls import give_memory_back
from ingestion.task import SinkTask
from settings import KafkaSettings

__all__ = ["run_sink"]

logger = logging.getLogger(__name__)

REST_SECONDS = 0.25
GATHER_SECONDS = 0.05
MANY = 1000


class _Buffer:
    """Messages read and not yet written, and ends of partitions reached."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.ends: dict[tuple[str, int], int] = {}
        self.since = time.monotonic()
        self.renewed: list[TopicPartition] | None = None
        self._has_grown = False

    def renew(self, partitions: list[TopicPartition]) -> None:
        """These are the partitions from now on, each from its position."""
        self.clear()
        self.renewed = partitions

    def rest(self) -> None:
        """There is nothing to read for now."""
        if self._has_grown:
            give_memory_back()
        self._has_grown = False

    def clear(self) -> None:
        """Forget all; what is forgotten is read again."""
        self._has_grown = self._has_grown or len(self.messages) > MANY
        self.messages, self.ends, self.since, self.renewed = [], {}, time.monotonic(), None


def run_sink(
    task: SinkTask, connector: str, topics: list[str], kafka: KafkaSettings, stopped: Callable[[], bool]
) -> None:
    """Work until stop is asked for. Raises RetriableError, FencedError or FatalError."""
    consumer = Consumer(_consumer_config(task, connector, kafka))
    buffer = _Buffer()

    def assigned(_: Consumer, partitions: list[TopicPartition]) -> None:
        opened = task.open(partitions)
        buffer.renew(opened)
        consumer.assign(opened)

    def revoked(_: Consumer, partitions: list[TopicPartition]) -> None:
        buffer.renew([])
        task.close(partitions)

    task.start()
    task.report({"event": "running"})
    try:
        consumer.subscribe(topics, on_assign=assigned, on_revoke=revoked, on_lost=revoked)
        while not stopped():
            _read(consumer, buffer, task.config["batch.size"])
            if _is_due(buffer, task.config):
                began = time.monotonic()
                task.put(buffer.messages, buffer.ends)
                spent = time.monotonic() - began
                task.report({"event": "batch", "records": len(buffer.messages), "seconds": spent})
                _show_lag(consumer, buffer)
                buffer.clear()
    except KafkaException as problem:
        raise _meaning(problem.args[0], connector) from problem
    finally:
        consumer.close()
        task.stop()


def _read(consumer: Consumer, buffer: _Buffer, size: int) -> None:
    found = _take(consumer, buffer, size)
    if buffer.renewed is not None:
        # Partitions changed hands between two of these messages: what came before that comes again.
        if buffer.renewed:
            consumer.assign(buffer.renewed)
        buffer.clear()
        return
    for message in found:
        error = message.error()
        if error is None:
            buffer.messages.append(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            buffer.ends[(str(message.topic()), int(message.partition() or 0))] = int(message.offset() or 0)
        elif not error.retriable():
            raise KafkaException(error)


def _take(consumer: Consumer, buffer: _Buffer, size: int) -> list[Message]:
    found = []
    if not buffer.messages and not buffer.ends:
        # At rest: `poll` sleeps until there is something, `consume` would always wait for a full batch.
        first = consumer.poll(REST_SECONDS)
        if first is None:
            buffer.rest()
            return []
        found.append(first)
    return found + consumer.consume(max(1, size - len(buffer.messages) - len(found)), GATHER_SECONDS)


def _is_due(buffer: _Buffer, config: Any) -> bool:
    if not buffer.messages and not buffer.ends:
        buffer.since = time.monotonic()
        return False
    waited = (time.monotonic() - buffer.since) * 1000
    is_at_the_end = bool(buffer.ends)
    return len(buffer.messages) >= config["batch.size"] or is_at_the_end or waited >= config["batch.wait.ms"]


def _show_lag(consumer: Consumer, buffer: _Buffer) -> None:
    """Tell Kafka too how far we are: only for tools that show lag."""
    reached = dict(buffer.ends)
    for message in buffer.messages:
        where = (str(message.topic()), int(message.partition() or 0))
        reached[where] = max(reached.get(where, 0), int(message.offset() or 0) + 1)
    offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in reached.items()]
    try:
        consumer.commit(offsets=offsets, asynchronous=True)
    except KafkaException as problem:
        logger.debug("connector offsets for display were not committed: %s", problem)


def _consumer_config(task: SinkTask, connector: str, kafka: KafkaSettings) -> dict[str, Any]:
    worker = task.config["worker.id"] or socket.gethostname()
    return {
        **kafka.client_config(),
        "group.id": f"connect-{connector}",
        # A task that was killed comes back as the same member, at once, and fences what is left of itself.
        "group.instance.id": f"{connector}-{worker}-{task.config['task.id']}",
        "client.id": f"connector-consumer-{connector}-{task.config['task.id']}",
        "session.timeout.ms": 10_000,
        # The same partition of both topics goes to the same task: a file's rows and rejects meet there.
        "partition.assignment.strategy": "range",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 500,
        "queued.max.messages.kbytes": 32_768,
        "log_level": 2,
    }


def _meaning(error: KafkaError, connector: str) -> Exception:
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        return FatalError(
            f"connector '{connector}': Kafka no longer holds the messages at the warehouse's position "
            f"({error.str()}): retention was shorter than the sink was away"
        )
    if error.code() in (KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED):
        return FencedError(f"connector '{connector}': another worker has taken over; only one may run")
    return RetriableError(f"connector '{connector}': Kafka: {error.str()}")
