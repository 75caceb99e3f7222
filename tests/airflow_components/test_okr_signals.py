"""The trigger against a real broker, under Airflow's own manager of shared streams."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import okr_signal_consumer
import pytest
from airflow.triggers.shared_stream import SharedStreamManager
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from okr_signals import SignalTrigger

import settings
from stack.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka

QUIET = 1.0


class Topic:
    """A topic of a test's own."""

    def __init__(self, broker: settings.Settings) -> None:
        self.config = broker.kafka.client_config()
        self.name = f"signals-{uuid.uuid4()}"
        self.group = f"group-{self.name}"
        self._sent = 0

    def create(self) -> None:
        admin = AdminClient(self.config)
        admin.create_topics([NewTopic(self.name, 2, 1)])[self.name].result(20)

    def send(self, count: int, kind: str = "file_published", **payload: Any) -> None:
        producer = Producer(self.config)
        for _ in range(count):
            self._sent += 1
            row = {"outbox_id": self._sent, "signal": kind, "payload": payload, "created_at": "2026-05-20"}
            producer.produce(self.name, json.dumps(row).encode(), kind, partition=self._sent % 2)
        assert producer.flush(20) == 0

    def committed(self) -> int:
        """Sum of the group's positions."""
        consumer = Consumer(self.config | {"group.id": self.group})
        partitions = [TopicPartition(self.name, number) for number in range(2)]
        found = consumer.committed(partitions, timeout=10)
        consumer.close()
        return sum(max(partition.offset, 0) for partition in found)

    def trigger(self, *kinds: str, quiet_seconds: float = QUIET) -> SignalTrigger:
        return SignalTrigger(list(kinds or ["file_published"]), self.group, quiet_seconds, 20)


@pytest.fixture
def topic(broker: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = Topic(broker)
    monkeypatch.setattr(okr_signal_consumer, "TOPIC", made.name)
    made.create()
    return made


class Triggerer:
    """Runs one trigger as Airflow's triggerer does; whether events are stored is for the test to say."""

    def __init__(self, trigger: SignalTrigger, stores: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self._trigger = trigger
        self._stores = stores
        self._manager = SharedStreamManager()
        self._key = trigger.shared_stream_key()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Triggerer:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._manager.unsubscribe(1, self._key)

    async def _run(self) -> None:
        stream = self._manager.subscribe(trigger_id=1, trigger=self._trigger, key=self._key)
        async for event in self._trigger.filter_shared_stream(stream):
            await asyncio.sleep(0)
            number = self._manager.bind_pending_event(trigger_id=1, key=self._key)
            self.events.append(event.payload)
            if self._stores:
                asyncio.get_running_loop().call_later(0.1, self._manager.confirm_persisted, [number])

    async def until(self, done: Callable[[], bool], seconds: float = 20) -> None:
        ends = time.monotonic() + seconds
        while not done():
            assert self._task and not self._task.done(), self._task
            assert time.monotonic() < ends, f"not within {seconds} s; events so far: {self.events}"
            await asyncio.sleep(0.05)

    async def fires(self, count: int) -> None:
        """Wait for so many events, and see that no more come."""
        await self.until(lambda: len(self.events) >= count)
        await asyncio.sleep(QUIET + 1)
        assert len(self.events) == count


def test_many_signals_are_one_event_and_a_later_one_another(topic: Topic) -> None:
    async def play() -> list[dict[str, Any]]:
        async with Triggerer(topic.trigger()) as triggerer:
            topic.send(150, dataset="check_ins")
            topic.send(50, dataset="objectives")
            await triggerer.fires(1)
            topic.send(1, dataset="scores")
            await triggerer.fires(2)
            return triggerer.events

    many, one = asyncio.run(play())
    assert many == {
        "kinds": {"file_published": 200},
        "datasets": ["check_ins", "objectives"],
        "first_outbox_id": 1,
        "last_outbox_id": 200,
        "count": 200,
    }
    assert (one["count"], one["datasets"], one["first_outbox_id"]) == (1, ["scores"], 201)
    assert topic.committed() == 201


def test_an_event_that_was_not_stored_comes_again_and_a_stored_one_does_not(topic: Topic) -> None:
    async def play(stores: bool, wait_for: int) -> list[dict[str, Any]]:
        async with Triggerer(topic.trigger(), stores) as triggerer:
            await triggerer.fires(wait_for)
            return triggerer.events

    topic.send(7)
    lost = asyncio.run(play(stores=False, wait_for=1))
    assert topic.committed() == 0
    again = asyncio.run(play(stores=True, wait_for=1))
    assert lost == again
    assert topic.committed() == 7
    assert asyncio.run(play(stores=True, wait_for=0)) == []


def test_an_event_whose_taker_is_cancelled_comes_again(topic: Topic) -> None:
    """Airflow waits between receiving an event and keeping it; ended there, it holds nothing of it."""

    class Halting(Triggerer):
        async def _run(self) -> None:
            stream = self._manager.subscribe(trigger_id=1, trigger=self._trigger, key=self._key)
            async for event in self._trigger.filter_shared_stream(stream):
                self.events.append(event.payload)
                await asyncio.sleep(60)

    async def play() -> None:
        async with Halting(topic.trigger()) as triggerer:
            await triggerer.until(lambda: bool(triggerer.events))

    topic.send(3)
    asyncio.run(play())
    assert topic.committed() == 0


def test_cancelled_while_gathering_loses_nothing(topic: Topic) -> None:
    async def cancel() -> float:
        async with Triggerer(topic.trigger(quiet_seconds=15)) as triggerer:
            await asyncio.sleep(4)
            assert triggerer.events == []
            began = time.monotonic()
        return time.monotonic() - began

    async def resume() -> list[dict[str, Any]]:
        async with Triggerer(topic.trigger()) as triggerer:
            await triggerer.fires(1)
            return triggerer.events

    topic.send(5)
    assert asyncio.run(cancel()) < 3
    topic.send(4)
    assert [event["count"] for event in asyncio.run(resume())] == [9]


def test_kinds_of_others_are_passed_over_for_good(topic: Topic) -> None:
    async def play() -> list[dict[str, Any]]:
        async with Triggerer(topic.trigger("build_done", "model_promoted")) as triggerer:
            topic.send(20)
            await triggerer.fires(0)
            topic.send(2, "build_done")
            topic.send(1, "model_promoted")
            await triggerer.fires(1)
            return triggerer.events

    (event,) = asyncio.run(play())
    assert event["kinds"] == {"build_done": 2, "model_promoted": 1}
    assert topic.committed() == 23


def test_a_crashed_triggerer_is_followed_at_once(topic: Topic) -> None:
    """The group does not wait for the session of a dead member to run out."""
    dead = okr_signal_consumer.SignalConsumer(topic.group)
    topic.send(1)
    ends = time.monotonic() + 20
    while not dead.poll():
        assert time.monotonic() < ends

    async def play() -> float:
        began = time.monotonic()
        async with Triggerer(topic.trigger()) as triggerer:
            await triggerer.until(lambda: bool(triggerer.events))
        return time.monotonic() - began

    seconds = asyncio.run(play())
    dead.close()
    assert seconds < 8


def test_a_topic_that_is_made_later_is_found(
    broker: settings.Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = Topic(broker)
    monkeypatch.setattr(okr_signal_consumer, "TOPIC", made.name)

    async def play() -> list[dict[str, Any]]:
        async with Triggerer(made.trigger()) as triggerer:
            await asyncio.sleep(3)
            made.create()
            made.send(2)
            await triggerer.until(lambda: bool(triggerer.events), 30)
            return triggerer.events

    with caplog.at_level(logging.INFO):
        assert asyncio.run(play())[0]["count"] == 2
    assert caplog.text.count("do not arrive") == 1


def test_without_a_broker_it_says_so_once_and_ends_when_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OKR_KAFKA_BOOTSTRAP", "127.0.0.1:9")

    async def play() -> float:
        async with Triggerer(SignalTrigger(["file_published"], "nobody", QUIET, 20)) as triggerer:
            await asyncio.sleep(6)
            assert triggerer.events == []
            began = time.monotonic()
        return time.monotonic() - began

    assert asyncio.run(play()) < 4
    assert caplog.text.count("do not arrive") == 1


@pytest.mark.slow
def test_a_broker_that_goes_and_comes_again_loses_nothing(
    topic: Topic, broker: settings.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    server = KafkaServer(broker)

    async def play() -> list[dict[str, Any]]:
        async with Triggerer(topic.trigger()) as triggerer:
            topic.send(1)
            await triggerer.fires(1)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(3)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(topic.send, 6)
            await triggerer.until(lambda: triggerer.events[-1]["last_outbox_id"] == 7, 60)
            await asyncio.sleep(2)
            return triggerer.events

    with caplog.at_level(logging.INFO):
        events = asyncio.run(play())
    # Where the broker takes the consumer for another just then, what was not committed comes again.
    after = {(event["first_outbox_id"], event["last_outbox_id"]): event["count"] for event in events[1:]}
    assert (min(first for first, _ in after), max(last for _, last in after)) == (2, 7)
    assert sum(after.values()) == 6
    assert caplog.text.count("do not arrive") == 1
    assert topic.committed() == 7


def test_where_streams_are_not_shared_it_runs_by_itself(topic: Topic) -> None:
    async def play() -> list[int]:
        counts = []
        async for event in topic.trigger().run():
            counts.append(event.payload["count"])
            if len(counts) == 2:
                return counts
            topic.send(1)
        return counts

    topic.send(3)
    assert asyncio.run(play()) == [3, 1]
