"""The source's transactions: what is sent and how far it has come become visible together, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

import settings
from ingestion.errors import FencedError
from ingestion.source_runner import run_source
from ingestion.task import Batch, SourceTask
from ingestion.topics import INGEST, make_topics

pytestmark = pytest.mark.kafka

PLACE = {"path": "acme/cycles.csv"}
MESSAGES = 3


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of the runner comes after it."""


class KilledBefore(Producer):
    def commit_transaction(self, *_: Any) -> None:
        self.flush(30)
        raise KilledError


class KilledAfter(Producer):
    def commit_transaction(self, *arguments: Any) -> None:
        super().commit_transaction(*arguments)
        raise KilledError


class Counting(SourceTask):
    """Sends a few messages, once: unless the offsets say that it has."""

    def start(self, offsets: Mapping[tuple[tuple[str, str], ...], dict[str, Any]]) -> None:
        self.found = dict(offsets)
        self.is_over = bool(offsets)

    @property
    def is_finished(self) -> bool:
        return self.is_over

    def poll(self) -> Batch | None:
        if self.is_over:
            return None
        self.is_over = True
        batch = Batch()
        for number in range(MESSAGES):
            batch.add(INGEST, "key", str(number).encode())
        batch.set_offset(PLACE, {"sequence": MESSAGES})
        return batch

    def stop(self) -> None:
        pass


def run(config: settings.Settings) -> Counting:
    task = Counting({"task.id": 0}, lambda _: None)
    run_source(task, "counting", config.kafka, lambda: False)
    return task


def visible(config: settings.Settings) -> int:
    """Committed messages of the topic."""
    consumer = Consumer(
        {
            **config.kafka.client_config(),
            "group.id": "test",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    partitions = consumer.list_topics(INGEST, 10).topics[INGEST].partitions
    consumer.assign([TopicPartition(INGEST, number, 0) for number in partitions])
    count = ends = 0
    while ends < len(partitions):
        message = consumer.poll(30)
        assert message is not None, "an open transaction hides the end of a partition"
        error = message.error()
        ends += error is not None and error.code() == KafkaError._PARTITION_EOF
        count += error is None
    consumer.close()
    return count


@pytest.mark.parametrize(("killed", "begins_anew"), [(KilledBefore, True), (KilledAfter, False)])
def test_a_kill_around_the_commit_leaves_both_or_nothing(
    fresh_topics: Callable[[], settings.Settings],
    monkeypatch: pytest.MonkeyPatch,
    killed: type[Producer],
    begins_anew: bool,
) -> None:
    config = fresh_topics()
    make_topics(config.kafka)
    with monkeypatch.context() as fatal:
        fatal.setattr("ingestion.source_runner.Producer", killed)
        with pytest.raises(KilledError):
            run(config)
    again = run(config)
    expected = {} if begins_anew else {tuple(PLACE.items()): {"sequence": MESSAGES}}
    assert again.found == expected
    assert visible(config) == MESSAGES


def test_who_is_overtaken_can_send_no_more(fresh_topics: Callable[[], settings.Settings]) -> None:
    config = fresh_topics()
    make_topics(config.kafka)

    class Overtaken(Counting):
        def poll(self) -> Batch | None:
            batch = super().poll()
            if batch is not None:
                run(config)
            return batch

    with pytest.raises(FencedError, match="another process has taken over"):
        run_source(Overtaken({"task.id": 0}, lambda _: None), "counting", config.kafka, lambda: False)
    assert visible(config) == MESSAGES
