"""okr_transform: builds and tests the warehouse with dbt, one task for each model and one for its tests.

Signals of published files start it (an Airflow asset), and it builds what the new files touch; once a day,
and by hand, it builds everything and writes dbt's documentation anew.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, Context, CronTriggerTimetable, Param, task
from airflow.sdk.exceptions import DownstreamTasksSkipped
from okr.choice import EVERYTHING, Choice, Manifest, choose, read_known
from okr.commands import DEFAULTS, command
from okr.warehouse_graph import MANIFEST, DbtTasks
from okr_assets import FILES_PUBLISHED

import settings

logger = logging.getLogger(__name__)

NEW_FILES = "what new files touch"

with DAG(
    "okr_transform",
    description="Build and test the warehouse",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 3 * * *", timezone=settings.load().timezone),
        assets=FILES_PUBLISHED,
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={
        "build": Param("everything", enum=["everything", NEW_FILES], description="By hand: what to build")
    },
    tags=["okr", "dbt"],
) as dag:

    @task(task_id="choose")
    def choose_models(**context: Any) -> None:
        """Everything, or what new files touch; tasks of all else are skipped at once, in one go."""
        config = settings.load()
        run_type = context["dag_run"].run_type
        everything = run_type == "scheduled" or (
            run_type == "manual" and context["params"]["build"] != NEW_FILES
        )
        manifest = Manifest.read(MANIFEST)
        choice = (
            Choice(EVERYTHING, frozenset(manifest.nodes), "asked for")
            if everything
            else choose(manifest, read_known(config, config.resolved_as_of()))
        )
        logger.info("Building %s (%s)", choice.selection or "nothing", choice.reason)
        skip(choice, context)

    def skip(choice: Choice, context: Context) -> None:
        """Tell the build its selection, and leave out tasks it does not come to."""
        context["ti"].xcom_push(key="selection", value=choice.selection)
        left_out = [
            task.task_id
            for node, tasks in warehouse.of_node.items()
            if node not in choice.nodes
            for task in tasks
        ]
        if choice.selection != EVERYTHING:
            left_out.append(documentation.task_id)
        if not choice.selection:
            left_out += [
                raw_door.task_id,
                warehouse.producer.task_id,
                *warehouse.producer.downstream_task_ids,
            ]
        if left_out:
            raise DownstreamTasksSkipped(tasks=left_out)

    raw_door = command("check_raw_door", "quality", "check", "--door", "raw")
    warehouse = DbtTasks(
        dag, select="{{ ti.xcom_pull(task_ids='choose', key='selection') }}", reader="choose"
    )
    documentation = command("write_documentation", "stack.warehouse_docs", trigger_rule="all_done")

    choose_models() >> raw_door
    warehouse.begin_after(raw_door)
    warehouse.producer >> documentation
