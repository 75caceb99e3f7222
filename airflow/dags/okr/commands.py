"""The commands tasks run: the parts of the product, in the environment of the scheduler."""

from __future__ import annotations

import shlex
import sys
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator

import settings

__all__ = ["DEFAULTS", "FORECAST", "command"]

FORECAST = "tag:forecast"

DEFAULTS: dict[str, Any] = {
    "owner": "data engineering",
    "retries": 2,
    "retry_delay": timedelta(seconds=15),
}
"""What holds for every task that is not a dbt model or test."""


def command(task_id: str, module: str, *arguments: str, **options: Any) -> BashOperator:
    """A task that runs `python -m module arguments…` from the repository's root."""
    return BashOperator(
        task_id=task_id,
        bash_command="exec " + shlex.join([sys.executable, "-m", module, *arguments]),
        cwd=str(settings.ROOT),
        append_env=True,
        env={"PYTHONUNBUFFERED": "1"},
        **options,
    )
