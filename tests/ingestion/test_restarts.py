"""A task that fails is started again by the policy: after growing waits, so often, and then it has failed."""

from __future__ import annotations

from typing import Any

import pytest

from ingestion.errors import RetriableError
from ingestion.restart_policy import RestartPolicy
from ingestion.warehouse_sink import SINK_NAME, WarehouseSinkConnector
from ingestion.worker import Worker


def test_a_failing_task_is_started_again_after_growing_waits(
    okr_environment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKR_PG_PORT", "1")
    worker = Worker(RestartPolicy(attempts=5, first=0.1, longest=0.4))
    worker.start(WarehouseSinkConnector({"name": SINK_NAME}))
    (task,) = worker.tasks(SINK_NAME)
    task.join(120)
    assert not task.is_alive()
    worker.stop()
    reports = [worker.reports.get() for _ in range(worker.reports.qsize())]
    assert [report["event"] for report in reports] == ["restart"] * 4
    waits = [report["wait"] for report in reports]
    # Doubled each time up to the longest, with a little at random on top.
    assert all(low <= wait <= 0.4 for low, wait in zip((0.1, 0.2, 0.4, 0.4), waits, strict=True)), waits
    status = task.status
    assert (status.restarts, status.failures, status.state) == (4, 5, "FAILED")
    assert status.trace is not None and status.trace.startswith("Postgres at ")
    with pytest.raises(RetriableError, match="can't be reached"):
        worker.raise_failure()
