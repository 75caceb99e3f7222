"""Tasks of dbt's nodes: each shows what the one `dbt build` of the run told of its node."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from cosmos.operators._watcher.state import ProducerTaskState
from cosmos.operators.watcher import DbtRunWatcherOperator, DbtSeedWatcherOperator, DbtTestWatcherOperator

__all__ = ["ModelTask", "SeedTask", "TestTask"]


class Watches:
    """A node the build never came to fails; only a task that somebody cleared runs its node by itself."""

    model_unique_id: str
    producer_task_id: str

    def _handle_no_dbt_node_status(self, producer_task_state: Any, try_number: int, context: Context) -> bool:
        if producer_task_state == ProducerTaskState.SUCCESS:
            raise AirflowFailException(f"the build ended well without {self.model_unique_id}")
        if producer_task_state == ProducerTaskState.FAILED:
            raise AirflowFailException(
                f"the build ended before it came to {self.model_unique_id}; the log of its own task says why"
            )
        return super()._handle_no_dbt_node_status(producer_task_state, try_number, context)  # type: ignore


class ModelTask(Watches, DbtRunWatcherOperator):
    """A model."""


class SeedTask(Watches, DbtSeedWatcherOperator):
    """A seed."""


class TestTask(Watches, DbtTestWatcherOperator):
    """The tests of one node, or one test that reads several."""

    __test__ = False  # no test of pytest's
