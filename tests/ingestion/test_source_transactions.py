"""The source's transactions: what is sent and how far it has come become visible together, or not at all."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from confluent_kafka import Consumer, IsolationLevel, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

import settings
from ingestion.errors import FencedError, RetriableError
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


def run(config: settings.Settings, kind: type[Counting] = Counting, number: int = 0, of: int = 1) -> Counting:
    """One task, of a worker of its own."""
    place = {"task.id": number, "task.count": of, "worker.process": uuid.uuid4().hex}
    task = kind(place, lambda _: None)
    run_source(task, "counting", config.kafka, lambda: False)
    return task


def during(work: Callable[[], object]) -> type[Counting]:
    """A task that has something else happen after it has read the offsets and before it sends."""

    class Disturbed(Counting):
        def poll(self) -> Batch | None:
            batch = super().poll()
            if batch is not None:
                work()
            return batch

    return Disturbed


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


def until_no_transaction_is_open(config: settings.Settings, seconds: float = 60) -> None:
    """Wait until readers of committed messages may read to the end: the broker looks every ten seconds."""
    admin = AdminClient(config.kafka.client_config())
    latest = OffsetSpec.latest()
    partitions = [
        TopicPartition(INGEST, each) for each in admin.list_topics(INGEST, 10).topics[INGEST].partitions
    ]

    def ends(level: IsolationLevel) -> list[int]:
        asked = admin.list_offsets(dict.fromkeys(partitions, latest), isolation_level=level)
        return [asked[each].result(10).offset for each in partitions]

    deadline = time.monotonic() + seconds
    assert ends(IsolationLevel.READ_COMMITTED) != ends(IsolationLevel.READ_UNCOMMITTED)
    while ends(IsolationLevel.READ_COMMITTED) != ends(IsolationLevel.READ_UNCOMMITTED):
        assert time.monotonic() < deadline
        time.sleep(0.5)


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
    with pytest.raises(FencedError, match="another process has taken over"):
        run(config, during(lambda: run(config)))
    assert visible(config) == MESSAGES


def test_who_is_fenced_by_the_broker_alone_begins_anew(
    fresh_topics: Callable[[], settings.Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = fresh_topics()
    make_topics(config.kafka)

    class Late(Producer):
        def commit_transaction(self, *arguments: Any) -> None:
            self.flush(30)
            until_no_transaction_is_open(config)
            super().commit_transaction(*arguments)

    with monkeypatch.context() as short:
        short.setattr("ingestion.source_runner.TRANSACTION_SECONDS", 1)
        short.setattr("ingestion.source_runner.Producer", Late)
        with pytest.raises(RetriableError, match="Kafka has ended its transaction") as caught:
            run(config)
    assert not isinstance(caught.value, FencedError)
    assert run(config).found == {}
    assert visible(config) == MESSAGES


@pytest.mark.parametrize(("before", "after"), [((1, 2), (0, 1)), ((0, 1), (1, 2))])
def test_a_task_of_another_number_of_tasks_is_fenced_before_offsets_are_read(
    fresh_topics: Callable[[], settings.Settings],
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[int, int],
    after: tuple[int, int],
) -> None:
    monkeypatch.setattr("ingestion.task_claim.SIBLING_SECONDS", 0.5)
    config = fresh_topics()
    make_topics(config.kafka)
    with pytest.raises(FencedError, match="another process has taken over"):
        run(config, during(lambda: run(config, Counting, *after)), *before)
    assert visible(config) == MESSAGES


def test_tasks_of_one_number_leave_each_other_alone(fresh_topics: Callable[[], settings.Settings]) -> None:
    config = fresh_topics()
    make_topics(config.kafka)
    run(config, during(lambda: run(config, Counting, 1, 2)), 0, 2)
    assert visible(config) == 2 * MESSAGES
