"""Runs a source task: each batch and its source offsets in one Kafka transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from ingestion.errors import FatalError, FencedError, RetriableError
from ingestion.source_offsets import key, read_offsets, value
from ingestion.system_calls import give_memory_back
from ingestion.task import Batch, SourceTask
from ingestion.task_claim import TaskClaim
from ingestion.topics import OFFSETS
from settings import KafkaSettings

__all__ = ["run_source"]

logger = logging.getLogger(__name__)

TRANSACTION_SECONDS = 60
SLICE = 5000
FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)


def run_source(task: SourceTask, connector: str, kafka: KafkaSettings, stopped: Callable[[], bool]) -> None:
    """Work until the task is finished or stop is asked for.

    Raises FencedError when another worker has taken the task over, RetriableError when the transaction can't
    be committed: what was sent is aborted, and a new start goes on at the last offsets.
    """

    def fence(number: int) -> Producer:
        producer = Producer(_producer_config(kafka, f"connect-{connector}-{number}"))
        producer.init_transactions(TRANSACTION_SECONDS)
        return producer

    claim = TaskClaim(kafka, connector, task.config, fence)
    try:
        producer = claim.take()
        task.start(read_offsets(kafka, connector))
        task.report({"event": "running"})
        try:
            is_at_rest = True
            while not stopped():
                batch = task.poll()
                if batch is None and not is_at_rest:
                    give_memory_back()
                is_at_rest = batch is None
                if batch is not None:
                    began = time.monotonic()
                    _send(producer, connector, batch)
                    task.report(
                        {"event": "batch", "records": batch.count, "seconds": time.monotonic() - began}
                    )
                    task.committed(batch)
                elif task.is_finished:
                    return
        finally:
            task.stop()
    except KafkaException as problem:
        raise _meaning(problem, connector, claim) from problem


def _send(producer: Producer, connector: str, batch: Batch) -> None:
    producer.begin_transaction()
    for topic, messages in batch.messages.items():
        for start in range(0, len(messages), SLICE):
            _queue(producer, topic, messages[start : start + SLICE])
    offsets = [
        {"key": key(connector, partition), "value": value(offset)}
        for partition, offset in batch.offsets.items()
    ]
    _queue(producer, OFFSETS, offsets)
    producer.commit_transaction(TRANSACTION_SECONDS)
    logger.debug("connector=%s committed %d messages", connector, batch.count)


def _queue(producer: Producer, topic: str, messages: list[dict[str, Any]]) -> None:
    """Queue all messages, waiting while the producer's buffer is full."""
    waiting = messages
    while waiting:
        producer.produce_batch(topic, waiting)
        refused = [message for message in waiting if "_error" in message]
        for message in refused:
            error = message.pop("_error")
            if error.code() != KafkaError._QUEUE_FULL:
                raise KafkaException(error)
        waiting = refused
        producer.poll(0.05 if refused else 0)


def _producer_config(kafka: KafkaSettings, transactional_id: str) -> dict[str, Any]:
    return {
        **kafka.client_config(),
        "transactional.id": transactional_id,
        "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
        "client.id": transactional_id,
        "acks": "all",
        "compression.type": "lz4",
        "linger.ms": 20,
        "batch.size": 1_000_000,
        "queue.buffering.max.messages": 100_000,
        "queue.buffering.max.kbytes": 65_536,
        # As Java clients spread keys, so that others can find a file's partition.
        "partitioner": "murmur2_random",
        "log_level": 2,
    }


def _meaning(problem: KafkaException, connector: str, claim: TaskClaim) -> Exception:
    error: KafkaError = problem.args[0]
    if error.code() in FENCED:
        if claim.is_overtaken():
            return FencedError(f"connector '{connector}': another process has taken over; only one may run")
        return RetriableError(
            f"connector '{connector}': Kafka has ended its transaction, as one that is open for more than "
            f"{TRANSACTION_SECONDS} s; nobody else has taken over"
        )
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return FatalError(
            f"connector '{connector}': a message is larger than the broker allows: {error.str()}"
        )
    return RetriableError(f"connector '{connector}': Kafka: {error.str()}")
