"""The sink's transactions: rows move with the position, by its owner only; files are published in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from ingestion.dialect import Owner
from ingestion.errors import FatalError, FencedError, RetriableError
from ingestion.postgres import PostgresDatabase
from ingestion.publishing import publish_complete
from ingestion.sink_runner import run_sink
from ingestion.topics import INGEST, make_topics
from ingestion.warehouse_sink import SINK_NAME, WarehouseSinkConnector, WarehouseSinkTask
from ingestion.writer import Position, write

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

PARTITION = TopicPartition(INGEST, 0)


@dataclass(frozen=True)
class Sent:
    """A message as the consumer gives it."""

    body: Mapping[str, Any]
    at: int
    file: str = "f"

    def topic(self) -> str:
        return INGEST

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return self.file.encode()

    def value(self) -> bytes:
        return orjson.dumps(self.body)


def row(number: int, at: int) -> Any:
    return Sent({"kind": "row", "row_number": number, "line_number": number + 1, "cells": {"a": "1"}}, at)


def arrival(number: int, previous: int | None) -> dict[str, Any]:
    return {
        "arrival_id": f"arrival {number}",
        "previous_arrival_id": previous and f"arrival {previous}",
        "path": "acme/cycles.csv",
        "snapshot_date": "2026-01-01",
        "snapshot_date_source": "option",
        "discovered_at": f"2026-01-01T00:00:0{number}Z",
    }


def whole_file(file: str, first: dict[str, Any]) -> list[Any]:
    """Header, one row, end."""
    header = dict.fromkeys(("dataset_kind", "nearest_dataset", "missing_columns", "encoding", "reason"))
    header |= {"kind": "header", "arrival": first, "instance": "acme", "sha256": file, "bytes": 1}
    header |= {"dataset": "unknown", "known_at_basis": "published", "dialect": {}, "names": ["a"]}
    end = {"kind": "end", "counts": {"read": 1, "skipped": {}}, "reason": None}
    only = {"kind": "row", "row_number": 1, "line_number": 2, "cells": {"a": "1"}}
    return [Sent(body, at, file) for at, body in enumerate((header, only, end))]


@pytest.fixture
def sink_task(line: Any) -> Iterator[Callable[[], WarehouseSinkTask]]:
    """Call it for a task that has started; all are stopped at the end."""
    make_topics(line.config.kafka)
    started: list[WarehouseSinkTask] = []

    def start() -> WarehouseSinkTask:
        config = WarehouseSinkConnector({"name": SINK_NAME}).task_configs()[0]
        started.append(WarehouseSinkTask(config, lambda _: None))
        started[-1].start()
        return started[-1]

    yield start
    for task in started:
        task.stop()


def position(line: Any) -> int:
    statement = "select next_offset from okr_raw.positions where topic = %s and topic_partition = 0"
    return int(line.query(statement, INGEST)[0][0])


def test_a_batch_from_another_place_than_expected_leaves_nothing(line: Any, sink_task: Any) -> None:
    sink_task().open([PARTITION])
    with closing(PostgresDatabase(line.config.postgres)) as database:
        owner = database.owner()
        line.query(
            "update okr_raw.positions set owner_pid = %s, owner_started_at = %s returning 1",
            *(owner.pid, owner.started_at),
        )
        write(database, SINK_NAME, owner, [row(1, 0)], [Position(INGEST, 0, 0, 1)])
        with pytest.raises(FencedError, match=r"okr_raw_ingest\[0\]: another task has taken it over"):
            write(database, SINK_NAME, owner, [row(2, 0)], [Position(INGEST, 0, 0, 1)])
        stranger = Owner(owner.pid + 1, owner.started_at)
        with pytest.raises(FencedError):
            write(database, SINK_NAME, stranger, [row(2, 1)], [Position(INGEST, 0, 1, 2)])
    assert line.query("select row_number from okr_raw.records") == [(1,)]
    assert position(line) == 1


@pytest.mark.timeout(60)
def test_a_new_owner_ends_the_session_of_the_one_before(line: Any, sink_task: Any) -> None:
    first, second = sink_task(), sink_task()
    first.open([PARTITION])
    session = first._database.owner()
    first._database._connection.execute("begin")
    first._database.execute("update okr_raw.positions set updated_at = updated_at", {})
    second.open([PARTITION])
    found = "select 1 from pg_stat_activity where pid = %s and backend_start = %s"
    assert line.query(found, session.pid, session.started_at) == []


def test_whoever_is_stopped_while_it_claims_holds_nobody_up(
    line: Any, sink_task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink_task().open([PARTITION])
    first, second = sink_task(), sink_task()
    reached, go_on = threading.Event(), threading.Event()
    execute = first._database.execute

    def stop_after_it(statement: str, values: Mapping[str, Any]) -> int:
        changed = execute(statement, values)
        reached.set()
        go_on.wait(60)
        return int(changed)

    monkeypatch.setattr(first._database, "execute", stop_after_it)
    with ThreadPoolExecutor(2) as pool:
        stopped = pool.submit(first.open, [PARTITION])
        assert reached.wait(30)
        opened = pool.submit(second.open, [PARTITION])
        is_held_up = bool(wait([opened], 10).not_done)
        go_on.set()
    assert not is_held_up
    assert opened.result()[0].offset == 0
    with pytest.raises(RetriableError, match="connection"):
        stopped.result()


def test_a_b_a_is_published_in_that_order_whichever_partition_is_read_first(line: Any) -> None:
    a, b = whole_file("a", arrival(1, None)), whole_file("b", arrival(2, 1))
    a_again = Sent({"kind": "arrival", "arrival": arrival(3, 2)}, 3, "a")
    with closing(PostgresDatabase(line.config.postgres)) as database:
        owner = database.owner()
        write(database, SINK_NAME, owner, [*a, a_again], [])
        assert publish_complete(database) == 1
        write(database, SINK_NAME, owner, b, [])
        assert publish_complete(database) == 2
    published = line.query("select arrival_id from okr_raw.publications order by publish_seq")
    assert published == [("arrival 1",), ("arrival 2",), ("arrival 3",)]


def test_a_file_is_published_when_all_of_it_is_there_and_whole_or_not_at_all(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, only_row, end = whole_file("a", arrival(1, None))
    with closing(PostgresDatabase(line.config.postgres)) as database:
        owner = database.owner()
        write(database, SINK_NAME, owner, [header, end], [])
        assert publish_complete(database) == 0
        write(database, SINK_NAME, owner, [only_row], [])
        with monkeypatch.context() as broken:
            broken.setattr(
                "ingestion.publishing.TELL", "insert into okr_raw.outbox (nothing) values (:outbox_id)"
            )
            with pytest.raises(FatalError):
                publish_complete(database)
        assert line.query("select count(*) from okr_raw.publications") == [(0,)]
        assert line.query("select status, publish_seq from okr_raw.files") == [("loading", None)]
        assert publish_complete(database) == 1
    assert line.query("select status, publish_seq from okr_raw.files") == [("loaded", 1)]


def test_two_who_publish_at_once_publish_everything_once(line: Any) -> None:
    first, second, gate = (PostgresDatabase(line.config.postgres) for _ in range(3))
    write(first, SINK_NAME, first.owner(), whole_file("a", arrival(1, None)), [])
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with ThreadPoolExecutor(2) as pool, closing(first), closing(second), closing(gate):
        with gate.transaction():
            gate.lock_publications()
            both = [pool.submit(publish_complete, database) for database in (first, second)]
            deadline = time.monotonic() + 30
            # Both have seen the file as ready by now.
            while line.query(waiting) != [(2,)]:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        for each in both:
            each.result(30)
    assert line.query("select publish_seq, arrival_id from okr_raw.publications") == [(1, "arrival 1")]
    assert line.query("select outbox_id from okr_raw.outbox") == [(1,)]


class TurningConsumer(Consumer):
    """The group hands its partitions out anew between two messages of one read, once."""

    turned = False

    def subscribe(self, topics: list[str], on_assign: Any, **others: Any) -> None:
        self.on_assign = on_assign
        super().subscribe(topics, on_assign=on_assign, **others)

    def consume(self, *limits: Any) -> list[Any]:
        found = super().consume(*limits)
        if not self.turned and any(message.error() is None for message in found):
            self.turned = True
            self.on_assign(self, self.assignment())
            found += super().consume(10_000, 1)
        return found


@pytest.mark.parametrize("rows", [1, 3000])
def test_partitions_handed_out_anew_between_two_messages_lose_and_double_nothing(
    line: Any, sink_task: Any, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    task = sink_task()
    header, _, end = whole_file("f", arrival(1, None))
    end.body["counts"]["read"] = rows
    producer = Producer(line.config.kafka.client_config())
    for sent in (header, *(row(number, number) for number in range(1, rows + 1)), end):
        producer.produce(INGEST, sent.value(), sent.key(), 0)
    assert producer.flush(30) == 0
    made: list[TurningConsumer] = []

    def consumer(config: Mapping[str, Any]) -> TurningConsumer:
        made.append(TurningConsumer(config))
        return made[-1]

    monkeypatch.setattr("ingestion.sink_runner.Consumer", consumer)
    deadline = time.monotonic() + 60

    def is_over() -> bool:
        return time.monotonic() > deadline or line.query("select 1 from okr_raw.publications") == [(1,)]

    run_sink(task, SINK_NAME, task.config["topics"], line.config.kafka, is_over)
    assert made[0].turned
    numbers = [number for (number,) in line.query("select row_number from okr_raw.records order by 1")]
    assert numbers == list(range(1, rows + 1))
    assert position(line) == rows + 2
