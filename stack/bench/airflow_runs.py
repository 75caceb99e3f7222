"""Runs of DAGs through Airflow's REST API: start one, wait for its end, see its tasks."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

import settings
from stack import secrets
from stack.errors import ServiceError

__all__ = ["AirflowRuns", "DagRun"]

PAGE = 100
ENDED = {"success", "failed"}


@dataclass(frozen=True, slots=True)
class DagRun:
    """How a run ended: its state, seconds from its start to its end, and the state of each task."""

    dag: str
    run_id: str
    state: str
    seconds: float
    tasks: dict[str, str | None]

    def counts(self) -> dict[str, int]:
        """How many tasks are in which state."""
        return dict(Counter(str(state) for state in self.tasks.values()))


class AirflowRuns:
    """Airflow's REST API, asked as the machine's owner, past the proxy."""

    def __init__(self, config: settings.Settings) -> None:
        self.port = config.addresses.behind("airflow")
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/airflow/api/v2",
            timeout=60,
            headers={
                "X-Okr-User": "okr bench",
                "X-Okr-Role": "admin",
                "X-Okr-Proxy-Secret": secrets.load(config).proxy,
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def run(self, dag: str, patience: float, **conf: str) -> DagRun:
        """Start a DAG and wait until the run has ended; ServiceError after `patience` seconds."""
        run = self._ask("POST", f"/dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})
        path = f"/dags/{dag}/dagRuns/{run['dag_run_id']}"
        deadline = time.monotonic() + patience
        while run["state"] not in ENDED:
            if time.monotonic() > deadline:
                raise ServiceError(f"{dag} is {run['state']} after {patience:.0f} s; see it in Airflow")
            time.sleep(1)
            run = self._ask("GET", path)
        seconds = (_time(run["end_date"]) - _time(run["start_date"])).total_seconds()
        return DagRun(dag, run["dag_run_id"], run["state"], seconds, self._tasks(path))

    def wait_for_quiet(self, patience: float) -> None:
        """Until no run of any DAG is queued or running; ServiceError after `patience` seconds."""
        deadline = time.monotonic() + patience
        states = {"state": ["queued", "running"]}
        while runs := self._ask("GET", "/dags/~/dagRuns", params=states)["dag_runs"]:
            if time.monotonic() > deadline:
                names = ", ".join(sorted({str(run["dag_id"]) for run in runs}))
                raise ServiceError(f"Airflow is still at work on {names} after {patience:.0f} s")
            time.sleep(2)

    def _tasks(self, path: str) -> dict[str, str | None]:
        states: dict[str, str | None] = {}
        while True:
            window = {"limit": PAGE, "offset": len(states), "order_by": "id"}
            page = self._ask("GET", f"{path}/taskInstances", params=window)
            states |= {task["task_id"]: task["state"] for task in page["task_instances"]}
            if len(page["task_instances"]) < PAGE:
                return states

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as problem:
            raise ServiceError(
                f"Airflow does not answer on port {self.port} ({problem}); start it with `okr up`"
            ) from problem
        if answer.is_error:
            raise ServiceError(
                f"Airflow answers {answer.status_code} to {method} {path}: {answer.text[:200]}"
            )
        try:
            return answer.json()
        except ValueError as problem:
            raise ServiceError(f"what answers on port {self.port} is not Airflow's REST API") from problem


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
