"""Whose position it is: rows and position move together, by the owner, from the expected value only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from confluent_kafka import TopicPartition

from ingestion.dialect import Owner
from ingestion.errors import FencedError
from ingestion.postgres import PostgresDatabase
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

    def topic(self) -> str:
        return INGEST

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return b"f" * 64

    def value(self) -> bytes:
        return orjson.dumps(self.body)


def row(number: int, at: int) -> Any:
    return Sent({"kind": "row", "row_number": number, "line_number": number + 1, "cells": {"a": "1"}}, at)


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
    stopped = threading.Thread(target=lambda: first.open([PARTITION]), daemon=True)
    stopped.start()
    assert reached.wait(30)
    opened = threading.Thread(target=lambda: second.open([PARTITION]), daemon=True)
    opened.start()
    opened.join(10)
    is_held_up = opened.is_alive()
    go_on.set()
    opened.join(30)
    assert not is_held_up
