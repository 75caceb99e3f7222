"""A file dropped into data/raw changes a curated number, unasked; many files make few builds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stack.sample import SampleOptions, write
from tests.whole_system.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

HEADER = "check_in_id,key_result_id,check_in_date,value,confidence,status,author_email,recorded_at\n"
OPEN = """
    select key_results.key_result_key, key_results.source_instance, key_results.latest_value,
        dim_key_results.key_result_id
    from okr_curated.fct_key_results key_results
    inner join okr_curated.dim_key_results using (key_result_key)
    where key_results.is_open = 1 and key_results.key_result_kind = 'metric'
        and key_results.latest_value is not null
    order by key_results.key_result_key limit 1
"""
LATEST = "select latest_value from okr_curated.fct_key_results where key_result_key = %s"


def check_in(key_result: str, value: float, name: str) -> str:
    now = datetime.now(UTC)
    return f"{name},{key_result},{now.date()},{value},3,On track,,{now.isoformat(timespec='seconds')}\n"


def test_a_dropped_file_changes_the_curated_number(filled: Any, tell: Callable[[str, str], None]) -> None:
    key, instance, before, key_result = filled.sql(OPEN)[0]
    value = float(before) + 1.25
    began = datetime.now(UTC)
    start = time.monotonic()

    def reached(stage: str, done: Callable[[], Any]) -> None:
        until(done, 300, stage)
        tell("the whole system: a dropped file", f"{time.monotonic() - start:6.1f} s  {stage}")

    path = f"{instance}/dropped.csv"
    filled.drop(path, HEADER + check_in(key_result, value, "dropped-1"))
    reached(
        "its row is published in okr_raw",
        lambda: filled.sql("select 1 from okr_raw.files where path = %s and status = 'loaded'", path),
    )
    reached("okr_transform has started by itself", lambda: filled.runs("okr_transform", began))
    reached("the curated number has changed", lambda: float(filled.sql(LATEST, key)[0][0]) == value)
    run = filled.runs("okr_transform", began)[0]["dag_run_id"]
    reached(
        "okr_transform has ended",
        lambda: filled.runs("okr_transform", began)[0]["state"] in {"success", "failed"},
    )
    tasks = filled.tasks("okr_transform", run)
    states = {
        state: sum(task["state"] == state for task in tasks.values()) for state in ("success", "skipped")
    }
    assert sum(states.values()) == len(tasks), {task["state"] for task in tasks.values()}
    assert states["skipped"] > 20, "only what the new file touches is built"
    reached(
        "open key results are forecast anew",
        lambda: any(run["state"] == "success" for run in filled.runs("okr_score", began)),
    )
    tell(
        "the whole system: a dropped file",
        f"built by {states['success']} tasks; {states['skipped']} were not touched",
    )
    filled.until_quiet()


def test_two_hundred_files_at_once_make_at_most_two_builds(
    filled: Any, tell: Callable[[str, str], None], tmp_path: Path
) -> None:
    """Among them a whole organisation: files of most datasets, and none of the seeds is to be built."""
    write(tmp_path, datetime.now(UTC).date(), 12, SampleOptions(quarters=1, teams=6, key_results=20))
    organisation = sorted(tmp_path.rglob("*.csv"))
    _, instance, before, key_result = filled.sql(OPEN)[0]
    began, start = datetime.now(UTC), time.monotonic()
    for number in range(200):
        text = HEADER + check_in(key_result, float(before) + number / 100, f"heap-{number}")
        filled.drop(f"{instance}/heap/{number}.csv", text)
    for path in organisation:
        filled.drop(f"new-{path.relative_to(tmp_path)}", path.read_text())
    counted = "select count(*) from okr_raw.files where path like %s and status = 'loaded'"
    loaded = until(
        lambda: filled.sql(counted, f"{instance}/heap/%")[0][0] == 200, 300, "all 200 files are published"
    )
    until(lambda: filled.runs("okr_transform", began), 120, "okr_transform has started")
    filled.until_quiet()
    runs = filled.runs("okr_transform", began)
    assert 1 <= len(runs) <= 2
    assert {run["state"] for run in runs} == {"success"}
    seen = filled.sql("select count(*) from okr_curated.rpt_files where path like %s", f"{instance}/heap/%")
    assert seen == [(200,)]
    new = "select count(*) > 0 from okr_curated.fct_key_results where source_instance like 'new-%'"
    assert filled.sql(new) == [(True,)]
    tell(
        "the whole system: 200 files at once",
        f"published after {loaded:.1f} s, builds: {len(runs)}, "
        f"at rest after {time.monotonic() - start:.0f} s",
    )
