"""The Kafka consumer behind a trigger. Its calls block: they belong into a thread, one at a time."""

from __future__ import annotations

import logging
import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

import settings

__all__ = ["TOPIC", "SignalConsumer"]

logger = logging.getLogger(__name__)

TOPIC = "okr_signals"
POLL_SECONDS = 0.5
AT_ONCE = 1_000
LAST_COMMIT_SECONDS = 2.0
ASK_AGAIN_SECONDS = 5.0


class SignalConsumer:
    """One consumer group's way through the topic; commits when told to, and outlives its broker."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.is_assigned_anew = False
        self._consumer: Consumer | None = None
        self._to_commit: dict[int, int] = {}
        self._in_flight: dict[int, int] = {}
        self._trouble: str | None = None
        self._is_answered = False
        self._asked_at = 0.0

    def poll(self) -> list[Message]:
        """What has arrived; waits a little. Raises KafkaException where the consumer is of no more use."""
        consumer = self._consumer or self._open()
        self._commit(consumer)
        first = consumer.poll(POLL_SECONDS)
        good = []
        for message in [first, *consumer.consume(AT_ONCE, 0)] if first else []:
            if (error := message.error()) is None:
                good.append(message)
            elif error.fatal():
                raise KafkaException(error)
            else:
                self.complain(error.str())
        if self._trouble:
            self._see_whether_back(consumer, good)
        return good

    def commit(self, positions: dict[int, int]) -> None:
        """Have positions committed with the next poll, again and again until the broker has taken them."""
        self._to_commit |= positions

    def close(self) -> None:
        """Commit what is left, as far as the broker answers, and leave."""
        consumer, self._consumer = self._consumer, None
        if consumer is None:
            return
        self._commit(consumer)
        ends = time.monotonic() + LAST_COMMIT_SECONDS
        while self._in_flight and time.monotonic() < ends:
            consumer.poll(0.05)
        consumer.close()

    def complain(self, trouble: str) -> None:
        """Say once that something is wrong; it is waited out in silence."""
        if self._trouble is None:
            logger.warning("Signals for %s do not arrive, trying on: %s", self.group, trouble)
        self._trouble, self._is_answered = trouble, False

    def _open(self) -> Consumer:
        config: dict[str, Any] = settings.load().kafka.client_config()
        config |= {
            "group.id": self.group,
            # A fixed member: after a crash the next process takes its place at once instead of waiting for
            # the dead one's session to run out.
            "group.instance.id": self.group,
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 3_000,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "topic.metadata.refresh.interval.ms": 5_000,
            "reconnect.backoff.max.ms": 5_000,
            "log_level": 2,
            "error_cb": lambda error: self.complain(error.str()),
            "on_commit": self._on_commit,
        }
        self._consumer = Consumer(config)
        self._consumer.subscribe([TOPIC], on_assign=self._on_assign)
        return self._consumer

    def _commit(self, consumer: Consumer) -> None:
        if self._in_flight or not self._to_commit:
            return
        self._in_flight, self._to_commit = self._to_commit, {}
        offsets = [TopicPartition(TOPIC, partition, offset) for partition, offset in self._in_flight.items()]
        consumer.commit(offsets=offsets, asynchronous=True)

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        taken, self._in_flight = self._in_flight, {}
        if error is not None or any(partition.error for partition in partitions):
            self._to_commit = taken | self._to_commit

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.is_assigned_anew = True

    def _see_whether_back(self, consumer: Consumer, messages: list[Message]) -> None:
        """It is back when signals come, or when the broker has answered and no error came after that.

        An error of the time before may still be on its way when the broker answers.
        """
        now = time.monotonic()
        if not messages and not self._is_answered:
            if now - self._asked_at < ASK_AGAIN_SECONDS:
                return
            self._asked_at = now
            try:
                topic = consumer.list_topics(TOPIC, timeout=1).topics[TOPIC]
            except KafkaException:
                return
            self._is_answered = topic.error is None
            return
        logger.info("Signals for %s arrive again", self.group)
        self._trouble = None
