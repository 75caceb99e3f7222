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
AFTER_PRODUCER = f"{PRODUCER}_done"
PLANTED_TASK = "seeds.status_vocabularies.test"
PLANTED_TEST = "not_null_status_vocabularies_meaning"
PLANT = """
    create function okr_processed.forget_meaning() returns trigger language plpgsql as $$
    begin
        if new.status_raw like 'o%' then
            new.meaning := null;
        end if;
        return new;
    end $$;
    create trigger forget_meaning before insert on okr_processed.status_vocabularies
    for each row execute function okr_processed.forget_meaning();
"""


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


def test_the_whole_graph_is_green(filled: Any, tell: Callable[[str, str], None]) -> None:
    """The run that the first files started: everything, for nothing of it was there."""
    run = filled.runs("okr_transform")[0]
    tasks = filled.tasks("okr_transform", run["dag_run_id"])
    assert {task["state"] for task in tasks.values()} == {"success"}, {
        name: task["state"] for name, task in tasks.items() if task["state"] != "success"
    }
    assert run["state"] == "success"
    tell("the whole system: the whole graph", f"green: {len(tasks)} tasks in {seconds_of(run):.0f} s")


def test_a_failing_test_stops_what_depends_on_it_and_nothing_else(
    filled: Any, tell: Callable[[str, str], None]
) -> None:
    """Planted: a trigger that takes the meaning off some status words whenever dbt writes them."""
    change(filled, PLANT)
    try:
        run = run_everything(filled)
    finally:
        change(filled, "drop function okr_processed.forget_meaning() cascade")
    tasks = filled.tasks("okr_transform", run["dag_run_id"])
    states: dict[str, set[str]] = {}
    for name, task in tasks.items():
        states.setdefault(task["state"], set()).add(name)
    assert states.pop("failed") == {PRODUCER, PLANTED_TASK}
    assert tasks[PLANTED_TASK]["try_number"] == 1, "a failed test is a fact: no second try"
    stopped = states.pop("upstream_failed")
    assert stopped == below(filled, {PLANTED_TASK}) | {AFTER_PRODUCER}, "what depends on it, and nothing else"
    assert set(states) == {"success"}, states.keys()
    alerts = filled.sql(
        "select subject, owner, message, detail ->> 'model', jsonb_array_length(detail -> 'rows')"
        " from okr_ops.alerts where settled_at is null"
    )
    [(subject, owner, message, model, rows)] = alerts
    assert (subject, model) == (PLANTED_TEST, "status_vocabularies")
    assert owner in message and rows == 5
    tell(
        "the whole system: the whole graph",
        f"planted: {PLANTED_TASK} failed at its only try, {len(stopped)} tasks below it did not run, "
        f"{len(states['success'])} others are green; alert: {message}",
    )
    filled.until_quiet()


def change(system: Any, statement: str) -> None:
    """Change the database behind the product's back."""
    with psycopg.connect(system.config.postgres.conninfo(Role.ADMIN)) as connection:
        connection.execute(statement)
