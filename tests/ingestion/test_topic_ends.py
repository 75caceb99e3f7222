"""Where topics end, asked while the broker is away: one line, and an answer as soon as it is back."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

import settings
from ingestion.errors import ServiceError
from ingestion.topics import INGEST, OFFSETS, TopicEnds, make_topics
from stack.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka

PATIENCE = 2.0
AWAY_SECONDS = 2.0


class StopsTheBroker(list[str]):
    """Topics; whoever goes through them has asked which there are, and stops the broker by it."""

    def __init__(self, topics: list[str], server: KafkaServer) -> None:
        super().__init__(topics)
        self._server = server
        self.is_armed = True

    def __iter__(self) -> Iterator[str]:
        if self.is_armed:
            stop_at_once(self._server)
        return super().__iter__()


def answer(ends: TopicEnds, partitions: int, seconds: float = 30) -> tuple[str, dict[tuple[str, int], int]]:
    """What it says once all partitions have leaders: new topics, and a broker just back, have none yet."""
    deadline = time.monotonic() + seconds
    said: dict[str, int] = {}
    while True:
        try:
            found = ends.now()
            if len(found[1]) == partitions:
                return found
            answered = f"{len(found[1])} partitions"
        except ServiceError as problem:
            answered = str(problem)
        said[answered] = said.get(answered, 0) + 1
        assert time.monotonic() < deadline, f"in {seconds:.0f} s it answered (times): {said}"
        time.sleep(0.1)


def stop_at_once(server: KafkaServer) -> None:
    """Stop the broker; back when none of its threads answers any more."""
    process = server.process()
    assert process is not None
    process.suspend()
    states = ["ps", "-L", "-o", "state=", "-p", str(process.pid)]
    while set(subprocess.run(states, text=True, capture_output=True, check=True).stdout.split()) != {"T"}:
        time.sleep(0.01)


@pytest.fixture
def kafka(fresh_topics: Callable[[], settings.Settings]) -> settings.KafkaSettings:
    made = fresh_topics().kafka
    make_topics(made)
    answer(TopicEnds(made, [INGEST, OFFSETS], PATIENCE), made.partitions + 1)
    return made


@pytest.fixture
def server(broker: settings.Settings) -> Iterator[KafkaServer]:
    """The broker of the session, which runs again afterwards."""
    server = KafkaServer(broker)
    yield server
    if process := server.process():
        process.resume()
    server.start()


def test_a_broker_stopped_at_any_moment_is_one_line_and_its_return_an_answer(
    kafka: settings.KafkaSettings, server: KafkaServer
) -> None:
    topics = StopsTheBroker([INGEST, OFFSETS], server)
    ends = TopicEnds(kafka, topics, PATIENCE)
    for _ in range(2):
        with pytest.raises(
            ServiceError, match=r"^Kafka at .* can't be reached \(.*\): start it with `okr run`"
        ):
            ends.now()
    process = server.process()
    assert process is not None
    process.resume()
    topics.is_armed = False
    assert answer(ends, kafka.partitions + 1)[1].keys() >= {(INGEST, 0), (OFFSETS, 0)}


def test_a_broker_that_was_killed_is_found_again_by_the_same_client(
    kafka: settings.KafkaSettings, server: KafkaServer
) -> None:
    ends = TopicEnds(kafka, [INGEST], PATIENCE)
    expected = ends.now()
    process = server.process()
    assert process is not None
    process.kill()
    began = time.monotonic()
    while time.monotonic() - began < AWAY_SECONDS:
        with pytest.raises(ServiceError, match="can't be reached"):
            ends.now()
    server.start()
    assert answer(ends, kafka.partitions) == expected
