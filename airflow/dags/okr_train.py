"""okr_train: after a build, trains a model and lets the gate judge it.

Training skips itself where the build brought no new graded key result to learn from.
"""

from __future__ import annotations

from airflow.sdk import DAG
from okr.commands import DEFAULTS, command
from okr_assets import BUILD_DONE

with DAG(
    "okr_train",
    description="Train a model and judge it",
    doc_md=__doc__,
    schedule=[BUILD_DONE],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["okr", "ml"],
):
    command("check_model_door", "quality", "check", "--door", "model") >> command("train", "ml", "train")
