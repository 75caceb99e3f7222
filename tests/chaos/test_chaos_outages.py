"""Failed tasks come back by themselves, also after a database that was away; how often and why is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

import settings
from settings import Role
from stack.bench.breakable import BreakableWarehouse, breakable_warehouse
from stack.services.ingestion_worker import define
from stack.services.service import UnhealthyError

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

CYCLES = "cycle_id,name,cadence,start_date,end_date\n"
DATABASE = "okr_outage"
# A worker goes on for good: for it the 60 s of the promise differ from this by more waits of the same kind.
OUTAGE_SECONDS = 8.0
# A load has so many attempts: it must outlast them.
PROMISED_SECONDS = 61.0


@pytest.fixture(scope="module")
def warehouse(okr_environment: settings.Settings) -> Iterator[BreakableWarehouse]:
    with breakable_warehouse(okr_environment) as made:
        yield made


def write(warehouse: BreakableWarehouse, name: str) -> None:
    path = warehouse.config.data / "acme" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(CYCLES + f"{name},a,q,b,c\n")


def published(warehouse: BreakableWarehouse) -> int:
    with psycopg.connect(warehouse.config.postgres.conninfo(Role.ADMIN, DATABASE)) as connection:
        (count,) = connection.execute("select count(*) from okr_raw.publications").fetchone()  # type: ignore[misc]
        return int(count)


def until(what: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_a_worker_outlives_its_database_and_says_how_often_and_why(warehouse: BreakableWarehouse) -> None:
    warehouse.make_fresh(DATABASE)
    loader = warehouse.loader("worker", DATABASE)
    loader.start()
    check = define(warehouse.config, None)[0].health  # type: ignore[arg-type]
    write(warehouse, "first.csv")
    until(lambda: published(warehouse) == 1)
    warehouse.postgres.process().kill()  # type: ignore[union-attr]
    write(warehouse, "second.csv")

    def failing() -> str | None:
        try:
            check()
        except UnhealthyError as problem:
            return str(problem) if "restarts" in str(problem) else None
        return None

    assert "Postgres" in until(failing)
    time.sleep(OUTAGE_SECONDS)
    states = [task["state"] for each in loader.health()["connectors"].values() for task in each["tasks"]]
    assert "FAILED" not in states
    warehouse.postgres.start()
    until(lambda: published(warehouse) == 2)

    def healthy() -> str | None:
        """Tasks that come back at once may end one another's sessions, and start once more."""
        try:
            return check()
        except UnhealthyError:
            return None

    told = until(healthy)
    assert "restarts (" in told
    assert "last: " in told
    assert "Postgres" in told
    assert loader.ends_politely()


def test_a_load_outlives_its_database(warehouse: BreakableWarehouse) -> None:
    warehouse.make_fresh(DATABASE)
    loader = warehouse.loader("load", DATABASE)
    loader.start()
    until(loader.tasks)
    warehouse.postgres.process().kill()  # type: ignore[union-attr]
    time.sleep(PROMISED_SECONDS)
    assert loader.is_up, loader.last_words()
    warehouse.postgres.start()
    assert loader.process is not None
    assert loader.process.wait(120) == 0, loader.last_words()
    assert published(warehouse) == 2
