"""okr_score: after a build, or when another model takes charge, forecasts every open key result.

The report of the forecasts is built last; that build tells nobody, or it would start this again.
"""

from __future__ import annotations

from airflow.sdk import DAG
from okr.commands import DEFAULTS, FORECAST, command
from okr_assets import BUILD_DONE, MODEL_PROMOTED

import settings

# A folder of its own: DAG files are read from the manifest in target/ while this writes.
RESULTS = settings.load().home / "dbt" / "forecast"

with DAG(
    "okr_score",
    description="Forecast open key results",
    doc_md=__doc__,
    schedule=(BUILD_DONE | MODEL_PROMOTED),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["okr", "ml"],
):
    (
        command("check_model_door", "quality", "check", "--door", "model")
        >> command("score", "ml", "score")
        >> command(
            "build_report",
            "stack.locked_dbt",
            "build",
            "--select",
            FORECAST,
            "--target-path",
            str(RESULTS),
        )
    )
