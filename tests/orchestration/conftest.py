"""The DAG files, read as Airflow reads them, in a process of their own that tells what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import settings
from settings import ROOT
from stack.services.airflow_manifest import prepare_manifest

DAGS = ROOT / "airflow" / "dags"
if str(DAGS) not in sys.path:
    sys.path.append(str(DAGS))  # for `okr.choice`

READ = """
import json, sys, time
from pathlib import Path
begin = time.monotonic()
from airflow.dag_processing.dagbag import BundleDagBag
imported = time.monotonic()
folder = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
read = time.monotonic()
BundleDagBag(dag_folder=folder / "okr_transform.py", bundle_path=folder, bundle_name="dags-folder")
again = time.monotonic()
dags = {}
ASSETS = ("okr_files_published", "okr_build_done", "okr_model_promoted")
for dag in bag.dags.values():
    dag.check_cycle() if hasattr(dag, "check_cycle") else dag.topological_sort()
    dags[dag.dag_id] = {
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "schedule": type(dag.timetable).__name__,
        "assets": sorted(name for name in ASSETS if f"name={name!r}" in repr(dag.schedule)),
        "tasks": {
            task.task_id: {
                "retries": task.retries,
                "pool": task.pool,
                "rule": task.trigger_rule.value,
                "upstream": sorted(task.upstream_task_ids),
                "node": getattr(task, "model_unique_id", None),
                "kind": type(task).__name__,
            }
            for task in dag.tasks
        },
    }
transform = bag.dags["okr_transform"].task_dict["build.dbt_producer_watcher"]
print("FOUND " + json.dumps({
    "errors": {str(path): text for path, text in bag.import_errors.items()},
    "dags": dags,
    "producer": {
        "tests_per_model": transform.tests_per_model, "select": transform.select,
        "exclude": transform.exclude, "flags": transform.dbt_cmd_flags,
        "dbt": str(transform.dbt_executable_path),
    },
    "seconds": {
        "imports": imported - begin, "all_files_first": read - imported, "okr_transform_again": again - read
    },
}))
"""


@pytest.fixture(scope="session")
def manifest(okr_environment: settings.Settings) -> dict[str, Any]:
    """dbt's manifest of the project as it is."""
    prepare_manifest()
    found: dict[str, Any] = json.loads((ROOT / "target" / "manifest.json").read_text())
    return found


@pytest.fixture(scope="session")
def found(
    okr_environment: settings.Settings,
    manifest: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    tell: Callable[[str, str], None],
) -> Iterator[dict[str, Any]]:
    """What Airflow finds in the DAG files."""
    home: Path = tmp_path_factory.mktemp("airflow")
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "airflow" / "plugins"),
        "AIRFLOW__COSMOS__CACHE_DIR": str(home / "cosmos"),
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, str(DAGS)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, done.stdout[-2000:] + done.stderr[-4000:]
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("FOUND "))
    seconds = ", ".join(f"{name} {took:.2f} s" for name, took in result["seconds"].items())
    tell("reading the DAG files", seconds)
    yield result
