"""The whole graph through the real scheduler: green, and once with a planted failing test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from settings import Role
from tests.whole_system.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

PRODUCER = "build.dbt_producer_watcher"


def run_everything(system: Any) -> dict[str, Any]:
    """Start okr_transform by hand, as an operator; its run when it has ended."""
    began = datetime.now(UTC) - timedelta(seconds=1)
    with system.client("otto") as operator:
        started = operator.post("/airflow/api/v2/dags/okr_transform/dagRuns", json={"logical_date": None})
        started.raise_for_status()
    run_id = started.json()["dag_run_id"]

    def end() -> dict[str, Any] | None:
        runs = {run["dag_run_id"]: run for run in system.runs("okr_transform", began)}
        return runs[run_id] if runs[run_id]["state"] in {"success", "failed"} else None

    until(end, 900, "okr_transform has ended", every=2)
    found = end()
    assert found
    return found


def seconds_of(run: dict[str, Any]) -> float:
    return (
        datetime.fromisoformat(run["end_date"]) - datetime.fromisoformat(run["start_date"])
    ).total_seconds()


def below(system: Any, task_ids: set[str]) -> set[str]:
    """All tasks that come after some, as Airflow knows them."""
    with system.client("vera") as viewer:
        answer = viewer.get("/airflow/api/v2/dags/okr_transform/tasks")
    answer.raise_for_status()
    after = {task["task_id"]: task["downstream_task_ids"] for task in answer.json()["tasks"]}
    found: set[str] = set()
    todo = list(task_ids)
    while todo:
        fresh = set(after[todo.pop()]) - found
        found |= fresh
        todo += fresh
    return found


def test_the_whole_graph_is_green(filled: Any, report: Callable[[str, str], None]) -> None:
    run = run_everything(filled)
    tasks = filled.tasks("okr_transform", run["dag_run_id"])
    assert {task["state"] for task in tasks.values()} == {"success"}, {
        name: task["state"] for name, task in tasks.items() if task["state"] != "success"
    }
    assert run["state"] == "success"
    report("the whole graph", f"green: {len(tasks)} tasks in {seconds_of(run):.0f} s")
    filled.until_quiet()


def test_a_failing_test_stops_what_depends_on_it_and_nothing_else(
    filled: Any, report: Callable[[str, str], None]
) -> None:
    """Planted: a file of which the ledger says that one more row was read than is accounted for."""
    plant = "update okr_raw.files set rows_read = rows_read + 1 where path = %s and dataset = %s"
    [(path, dataset)] = filled.sql(
        "select path, dataset from okr_raw.files where dataset is not null limit 1"
    )
    change(filled, plant, path, dataset)
    try:
        run = run_everything(filled)
    finally:
        change(filled, plant.replace("+ 1", "- 1"), path, dataset)
    tasks = filled.tasks("okr_transform", run["dag_run_id"])
    states: dict[str, set[str]] = {}
    for name, task in tasks.items():
        states.setdefault(task["state"], set()).add(name)
    failed = states.pop("failed") - {PRODUCER}
    planted = {"file_counts_add_up", "assert_files_account_for_every_row"}
    assert {
        name.split(".")[-2] if name.endswith(".test") else name.split(".")[-1] for name in failed
    } >= planted
    assert all(tasks[name]["try_number"] == 1 for name in failed), "a failed test is a fact: no second try"
    assert states.pop("upstream_failed", set()) <= below(filled, failed | {PRODUCER})
    assert set(states) == {"success"}, states.keys()
    alerts = filled.sql(
        "select subject, owner, message, detail -> 'rows' from okr_ops.alerts"
        " where settled_at is null and kind = 'test_failed'"
    )
    assert {alert[0] for alert in alerts} >= planted
    for subject, owner, message, rows in alerts:
        assert owner and subject in message and rows, subject
    report("the whole graph", f"planted: {sorted(failed)} failed; alerts: {alerts[0][2]}")
    run_everything(filled)
    assert filled.sql("select count(*) from okr_ops.alerts where settled_at is null") == [(0,)]
    filled.until_quiet()


def change(system: Any, statement: str, *values: Any) -> None:
    """Change the ledger behind the product's back."""
    with psycopg.connect(system.config.postgres.conninfo(Role.ADMIN)) as connection:
        connection.execute(statement, values)
