"""The DAGs as Airflow reads them: complete, in order, and retried only where that helps."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from stack.services.airflow_database import MODELS_POOL, MODELS_SLOTS
from stack.services.airflow_environment import PARALLELISM

BUILT = ("model", "seed")
LAYERS = {"seeds", "staging", "intermediate", "curated"}
PRODUCER = "build.dbt_producer_watcher"


@pytest.fixture(scope="module")
def tasks(found: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = found["dags"]["okr_transform"]["tasks"]
    return result


def graph_nodes(manifest: dict[str, Any], *kinds: str) -> dict[str, Any]:
    """Nodes of a build: not the report of the forecasts, nor what tests it."""
    nodes = manifest["nodes"]
    forecast = {unique_id for unique_id, node in nodes.items() if "forecast" in node["tags"]}
    return {
        unique_id: node
        for unique_id, node in nodes.items()
        if node["resource_type"] in kinds
        and unique_id not in forecast
        and not forecast & set(node["depends_on"].get("nodes", []))
    }


def test_every_file_is_read_and_no_helper_is_taken_for_a_dag(found: dict[str, Any]) -> None:
    assert found["errors"] == {}
    assert set(found["dags"]) == {"okr_ingest", "okr_transform", "okr_train", "okr_score"}


def test_reading_is_quick(found: dict[str, Any]) -> None:
    """The first time brings the imports; the seconds are printed at the end."""
    assert found["seconds"]["okr_transform_again"] < 5


def test_every_model_has_a_task_and_one_for_its_tests(
    tasks: dict[str, Any], manifest: dict[str, Any]
) -> None:
    shown = {(task["node"], task["kind"]) for task in tasks.values() if task["node"]}
    for unique_id, node in graph_nodes(manifest, *BUILT).items():
        kind = "ModelTask" if node["resource_type"] == "model" else "SeedTask"
        assert (unique_id, kind) in shown
    tested = {
        test["depends_on"]["nodes"][0]
        for test in graph_nodes(manifest, "test").values()
        if len(set(test["depends_on"]["nodes"])) == 1
    }
    assert {(unique_id, "TestTask") for unique_id in tested} <= shown
    # A task whose node has no test of its own would wait for a word that never comes.
    assert {node for node, kind in shown if kind == "TestTask" and not node.startswith("test.")} == tested


def test_every_test_is_shown_by_one_task(
    found: dict[str, Any], tasks: dict[str, Any], manifest: dict[str, Any]
) -> None:
    shown = Counter(test for tests in found["producer"]["tests_per_model"].values() for test in tests)
    assert set(shown) >= set(graph_nodes(manifest, "test"))
    assert set(shown.values()) == {1}
    watched = {task["node"] for task in tasks.values() if task["kind"] == "TestTask"}
    assert set(found["producer"]["tests_per_model"]) == watched


def test_tasks_lie_in_groups_by_layer(tasks: dict[str, Any]) -> None:
    for name, task in tasks.items():
        if task["node"]:
            assert name.split(".")[0] in LAYERS, name
    assert "staging.stg_template__check_ins.run" in tasks
    assert "curated.fct_check_ins.test" in tasks


def test_a_task_waits_for_the_tests_of_what_it_reads(tasks: dict[str, Any], manifest: dict[str, Any]) -> None:
    of_node = {(task["node"], name.rsplit(".", 1)[-1]): name for name, task in tasks.items() if task["node"]}
    for unique_id, node in graph_nodes(manifest, *BUILT).items():
        parents = [parent for parent in node["depends_on"].get("nodes", []) if (parent, "run") in of_node]
        upstream = set(tasks[of_node[unique_id, "run"]]["upstream"])
        assert {of_node[parent, "test"] for parent in parents if (parent, "test") in of_node} <= upstream
        assert upstream, "it would begin before the run has chosen what to build"


def test_nothing_begins_before_the_raw_door_has_ended(tasks: dict[str, Any]) -> None:
    """Seeds may be left out of a run, and would hold up nothing then."""
    for name, task in tasks.items():
        if name.startswith("staging.") and task["kind"] == "ModelTask":
            assert "check_raw_door" in task["upstream"], name
        elif task["kind"] == "ModelTask":
            assert any(not parent.startswith("seeds.") for parent in task["upstream"]), name
    assert "check_raw_door" in tasks[PRODUCER]["upstream"]


def test_tasks_that_wait_for_the_build_leave_it_a_slot(tasks: dict[str, Any]) -> None:
    waiting = [task for task in tasks.values() if task["kind"] in {"ModelTask", "SeedTask", "TestTask"}]
    assert {task["pool"] for task in waiting} == {MODELS_POOL}
    assert tasks[PRODUCER]["pool"] != MODELS_POOL
    assert 0 < MODELS_SLOTS < PARALLELISM


def test_a_test_of_several_models_stops_what_descends_from_all_of_them(tasks: dict[str, Any]) -> None:
    test = "curated.assert_states_agree_with_check_ins_test"
    stopped = [name for name, task in tasks.items() if test in task["upstream"]]
    assert all(tasks[name]["kind"] == "ModelTask" for name in stopped)
    assert "curated.fct_check_ins.run" in tasks[test]["upstream"]
    held = "intermediate.status_words_are_mapped_test"
    assert "intermediate.int_check_ins_settled.run" in [
        name for name, task in tasks.items() if held in task["upstream"]
    ]


def test_what_dbt_judges_is_not_retried_and_all_else_is_twice(found: dict[str, Any]) -> None:
    for dag in found["dags"].values():
        for name, task in dag["tasks"].items():
            told_by_dbt = bool(task["node"]) or name.startswith("build.")
            if name.startswith("build.") and name != PRODUCER:
                continue
            assert task["retries"] == (0 if told_by_dbt else 2), name


def test_a_skipped_task_does_not_skip_what_follows(tasks: dict[str, Any]) -> None:
    """Of a partial build many tasks are left out; those that were chosen run all the same."""
    rules = {task["rule"] for name, task in tasks.items() if task["node"] or name == PRODUCER}
    assert rules == {"none_failed"}


def test_one_run_at_a_time_and_none_for_the_past(found: dict[str, Any]) -> None:
    for dag in found["dags"].values():
        assert dag["max_active_runs"] == 1
        assert dag["catchup"] is False


def test_schedules(found: dict[str, Any]) -> None:
    dags = found["dags"]
    assert dags["okr_transform"]["schedule"] == "AssetOrTimeSchedule"
    assert dags["okr_transform"]["assets"] == ["okr_files_published"]
    assert dags["okr_ingest"]["schedule"] == "CronTriggerTimetable"
    assert dags["okr_train"]["assets"] == ["okr_build_done"]
    assert dags["okr_score"]["assets"] == ["okr_build_done", "okr_model_promoted"]


def test_the_build_is_that_of_okr_run(found: dict[str, Any]) -> None:
    producer = found["producer"]
    assert producer["exclude"] == "tag:forecast"
    assert producer["flags"] == ["--exclude-resource-type", "unit_test"]
    assert producer["select"] == "{{ ti.xcom_pull(task_ids='choose', key='selection') }}"
    assert producer["dbt"].endswith("/locked_dbt")
