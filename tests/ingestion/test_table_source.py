from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import pytest

import settings
from ingestion.table_source import TABLE_SOURCE, UPDATES_SOURCE, TableSourceTask
from settings import Role

pytestmark = pytest.mark.postgres

TABLE = "okr_processed.int_key_result_changes"


def drain(task: TableSourceTask) -> list[int]:
    """Numbers of the rows a task sends until it rests."""
    found = []
    for _ in range(5):
        if batch := task.poll():
            rows = [
                orjson.loads(message["value"]) for messages in batch.messages.values() for message in messages
            ]
            found += [row["change_id"] for row in rows]
    return found


def test_a_table_may_be_missing_and_be_made_anew(fresh_database: Callable[[], settings.Settings]) -> None:
    config = fresh_database()
    reports: list[Any] = []
    given = {**UPDATES_SOURCE, "mode": "watch", "poll.interval.ms": 50}
    task = TableSourceTask(TABLE_SOURCE.parse(given), reports.append)
    task.start({})

    def make(*numbers: int) -> None:
        with psycopg.connect(config.postgres.conninfo(Role.ADMIN), autocommit=True) as connection:
            connection.execute("create schema if not exists okr_processed")
            connection.execute(f"drop table if exists {TABLE}")
            connection.execute(f"create table {TABLE} (change_id bigint, key_result_key text)")
            for number in numbers:
                connection.execute(f"insert into {TABLE} values (%s, 'k')", [number])
            assert task.poll() is None  # may not be read yet
            connection.execute("grant usage on schema okr_processed to okr_loader")
            connection.execute(f"grant select on {TABLE} to okr_loader")

    assert drain(task) == []
    make(1, 2)
    assert drain(task) == [1, 2]
    make(1)
    assert drain(task) == [1]
    assert not task.is_finished
    task.stop()
    events = [report["event"] for report in reports]
    assert (events.count("rewound"), events[1]) == (1, "absent")
