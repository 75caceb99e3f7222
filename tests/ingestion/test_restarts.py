"""A task that fails is started again by the policy: after growing waits, so often, and then it has failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from ingestion import arrival_watch, worker_client
from ingestion.restart_policy import RestartPolicy
from settings import ROOT

# A process of its own: tasks are forked from a helper that keeps the variables it was started with.
WORK = """
import json
from ingestion.errors import RetriableError
from ingestion.restart_policy import RestartPolicy
from ingestion.warehouse_sink import SINK_NAME, WarehouseSinkConnector
from ingestion.worker import Worker

worker = Worker(RestartPolicy(attempts=5, first=0.1, longest=0.4))
worker.start(WarehouseSinkConnector({"name": SINK_NAME}))
(task,) = worker.tasks(SINK_NAME)
task.join(120)
facts = {"is_alive": task.is_alive()}
worker.stop()
facts["reports"] = [worker.reports.get() for _ in range(worker.reports.qsize())]
facts["status"] = [getattr(task.status, name) for name in ("restarts", "failures", "state", "trace")]
try:
    worker.raise_failure()
except RetriableError as problem:
    facts["raised"] = str(problem)
print(json.dumps(facts))
"""


def test_a_failing_task_is_started_again_after_growing_waits(okr_environment: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        cwd=ROOT,
        env=os.environ | {"OKR_PG_PORT": "1"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert not facts["is_alive"]
    assert [report["event"] for report in facts["reports"]] == ["restart"] * 4
    waits = [report["wait"] for report in facts["reports"]]
    # Doubled each time up to the longest, with a little at random on top.
    assert all(low <= wait <= 0.4 for low, wait in zip((0.1, 0.2, 0.4, 0.4), waits, strict=True)), waits
    assert facts["status"][:3] == [4, 5, "FAILED"]
    assert facts["status"][3].startswith("Postgres at ")
    assert "can't be reached" in facts["raised"]


def test_a_task_is_tried_for_longer_than_a_database_may_be_away() -> None:
    policy = RestartPolicy()
    assert policy.attempts is not None
    waits = [min(policy.first * 2**number, policy.longest) for number in range(policy.attempts - 1)]
    assert sum(waits) > 60
    assert min(arrival_watch.OUTAGE_SECONDS, worker_client.OUTAGE_SECONDS) > 60
