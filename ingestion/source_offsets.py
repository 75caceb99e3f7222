"""Source offsets: how far each connector has come, in a compacted topic, as Kafka Connect keeps them."""

from __future__ import annotations

import time
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, TopicPartition

from ingestion.errors import ServiceError
from ingestion.topics import OFFSETS, topic_ends
from settings import KafkaSettings

__all__ = ["Offsets", "key", "read_offsets", "value"]

Offsets = dict[tuple[tuple[str, str], ...], dict[str, Any]]
PATIENCE_SECONDS = 90


def key(connector: str, partition: tuple[tuple[str, str], ...]) -> bytes:
    """Message key: [connector, {source partition}]."""
    return orjson.dumps([connector, dict(partition)], option=orjson.OPT_SORT_KEYS)


def value(offset: dict[str, Any] | None) -> bytes | None:
    """Message value; None (a tombstone) forgets the partition."""
    return None if offset is None else orjson.dumps(offset)


def read_offsets(kafka: KafkaSettings, connector: str) -> Offsets:
    """All committed offsets of a connector, read to the topic's very end. Raises ServiceError.

    Others may have transactions open in the same topic: what we committed behind theirs shows only when
    they end, so this waits until the end known at the start is reached.
    """
    # To ask for its beginning would take half a second; where 0 is gone, the first there is comes.
    partition = TopicPartition(OFFSETS, 0, 0)
    end = topic_ends(kafka, [OFFSETS])[(OFFSETS, 0)]
    consumer = Consumer(
        {
            **kafka.client_config(),
            "group.id": f"connect-offsets-{connector}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )
    found: Offsets = {}
    reached = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        consumer.assign([partition])
        while time.monotonic() < deadline:
            for message in consumer.consume(5000, 0.1):
                if error := message.error():
                    if error.code() == KafkaError._PARTITION_EOF:
                        reached = message.offset() or 0
                        if reached >= end:
                            return found
                    if error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                        raise ServiceError(f"source offsets can't be read: {error.str()}")
                    continue
                _keep(found, connector, message.key(), message.value())
        raise ServiceError(
            f"source offsets in {OFFSETS} could be read to {reached} only, not to their end at {end}, within "
            f"{PATIENCE_SECONDS} s: a transaction is open there"
        )
    finally:
        consumer.close()


def _keep(found: Offsets, connector: str, raw_key: bytes | None, raw_value: bytes | None) -> None:
    name, partition = orjson.loads(raw_key or b'["",{}]')
    if name != connector:
        return
    which = tuple(sorted(partition.items()))
    if raw_value is None:
        found.pop(which, None)
    else:
        found[which] = orjson.loads(raw_value)
