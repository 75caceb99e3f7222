"""okr_ingest: loads what lies in data/raw and checks the raw door.

The worker loads files as they come; this is the safety net, once a day before okr_transform builds
everything, and by hand.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable
from okr.commands import DEFAULTS, command

import settings

with DAG(
    "okr_ingest",
    description="Load files and check the raw door",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 3 * * *", timezone=settings.load().timezone),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["okr"],
):
    command("load_files", "ingestion", "load") >> command(
        "check_raw_door", "quality", "check", "--door", "raw"
    )
