"""What Airflow adds to dbt: okr_transform through the running scheduler beside a plain `dbt build`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import settings
from stack.bench.airflow_runs import AirflowRuns
from stack.errors import StackError

__all__ = ["orchestration"]

AIM_SECONDS_PER_TASK = 0.6
PATIENCE = 1_800.0
SELECTION = ("--exclude", "tag:forecast", "--exclude-resource-type", "unit_test")


def orchestration(config: settings.Settings, runs: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Both ways in turn, `runs` times each; they build and test the same."""
    results = []
    with AirflowRuns(config) as airflow:
        for number in range(1, runs + 1):
            airflow.wait_for_quiet(PATIENCE)
            plain = plain_build(config)
            tell(f"run {number}: dbt build in {plain:.1f} s")
            dag = airflow.run("okr_transform", PATIENCE)
            if dag.state != "success":
                raise StackError(f"okr_transform {dag.run_id} ended as {dag.state}: {dag.counts()}")
            tell(f"run {number}: okr_transform in {dag.seconds:.1f} s, {len(dag.tasks)} tasks")
            added = (dag.seconds - plain) / len(dag.tasks)
            results.append(
                {
                    "run": number,
                    "dbt_build_seconds": round(plain, 1),
                    "dag_seconds": round(dag.seconds, 1),
                    "tasks": len(dag.tasks),
                    "added_seconds_per_task": round(added, 3),
                }
            )
    ratios = {
        "dag_to_dbt_build": round(
            median(each["dag_seconds"] / each["dbt_build_seconds"] for each in results), 2
        ),
        "added_seconds_per_task": median(each["added_seconds_per_task"] for each in results),
        "aim_seconds_per_task": AIM_SECONDS_PER_TASK,
    }
    return {"name": "orchestration", "runs": runs, "results": results, "ratios": ratios}


def plain_build(config: settings.Settings) -> float:
    """Seconds of the build as `okr run` makes it."""
    log = config.home / "logs" / "bench.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with log.open("a") as file:
        code = subprocess.run(
            [sys.executable, "-m", "stack.locked_dbt", "build", *SELECTION]
            + ["--target-path", str(config.home / "dbt" / "bench")],
            cwd=settings.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            check=False,
        ).returncode
    if code != 0:
        raise StackError(f"dbt build ended with exit code {code} (log: {log})")
    return time.monotonic() - begin
