"""Any one service killed: it is told, it comes back, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import pytest

from tests.whole_system.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

SERVICES = (
    "postgres",
    "kafka",
    "watcher",
    "airflow_api_server",
    "airflow_scheduler",
    "airflow_dag_processor",
    "airflow_triggerer",
    "mlflow",
    "worker",
    "kafka_ui",
    "superset",
    "api",
    "nginx",
)
CONTENT = """
    select count(*), coalesce(sum(hashtextextended(records::text, 0)), 0)::text, (
        select count(*) from okr_raw.files where rows_read <> rows_loaded + rows_rejected + rows_skipped
    )
    from okr_raw.records
"""


def test_these_are_all_services(filled: Any) -> None:
    assert set(filled.status()) == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_is_told_and_comes_back(
    filled: Any, tell: Callable[[str, str], None], name: str
) -> None:
    before = filled.status()[name]
    content = filled.sql(CONTENT)
    begin = time.monotonic()
    os.kill(before["pid"], signal.SIGKILL)
    told = {"page": "not seen"}

    def page_says() -> bool:
        try:
            with filled.client("vera") as viewer:
                entries = {each["name"]: each for each in viewer.get("/api/status").json()["services"]}
        except (httpx.HTTPError, ValueError, KeyError) as problem:
            told["page"] = f"no answer ({type(problem).__name__})"
            return True
        entry = entries[name]
        seen = entry["health"] != "healthy" or entry["restarts"] > before["restarts"]
        told["page"] = f"{entry['health']}, started again {entry['restarts'] - before['restarts']} times"
        return seen

    page = until(page_says, 10, f"the page tells of {name}")

    def status_says() -> bool:
        entry = filled.status()[name]
        return entry["health"] != "healthy" or entry["restarts"] > before["restarts"]

    command = until(status_says, 10, f"`okr status` tells of {name}")
    until(lambda: not left_of(before["pid"]), 15, f"nothing that {name} had started is left")
    until(
        lambda: all(each["health"] == "healthy" for each in filled.status().values()),
        60,
        f"{name} and all others are healthy again",
    )
    back = time.monotonic() - begin
    after = filled.status()[name]
    assert after["pid"] != before["pid"]
    assert filled.sql(CONTENT) == content
    tell(
        "the whole system: each service killed in turn",
        f"{name:<22} page after {page:4.1f} s ({told['page']}), "
        f"`okr status` {page + command:4.1f} s, all healthy {back:5.1f} s",
    )


def left_of(killed: int) -> list[int]:
    """Live processes of a killed one's group: they hold its port, and answer as if it were there."""
    found = []
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process.pid) == killed and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def test_after_all_that_a_file_still_arrives(filled: Any) -> None:
    """One of people: of all files that are built into the tables of every organisation, the soonest built."""
    filled.drop(
        "after/people.csv",
        "person_id,name,email,team_id,is_active\nX,Last,last@alderwick.example,,true\n",
    )
    query = "select status from okr_raw.files where path = 'after/people.csv'"
    until(lambda: filled.sql(query) == [("loaded",)], 60, "the file is loaded")
    filled.until_quiet()
