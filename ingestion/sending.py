"""Sends a few messages outside any transaction, and knows that they have arrived."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ingestion.topics import unreachable
from settings import KafkaSettings

__all__ = ["send"]

SEND_SECONDS = 30.0


def send(kafka: KafkaSettings, topic: str, messages: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Send keys and values, and wait until the broker has them all. Raises ServiceError.

    One may be there twice where the broker's answer was lost; whoever reads them takes them once.
    """
    problems: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error:
            problems.append(error)

    # Spread as the source spreads keys, so that one task of the sink sees all of a file.
    config = {**kafka.client_config(), "acks": "all", "partitioner": "murmur2_random"}
    producer = Producer({**config, "message.timeout.ms": int(SEND_SECONDS * 1000), "log_level": 2})
    for key, value in messages:
        producer.produce(topic, value, key, on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(SEND_SECONDS + 5)
    if problems or left:
        raise unreachable(
            kafka, KafkaException(problems[0] if problems else KafkaError(KafkaError._TIMED_OUT))
        )
