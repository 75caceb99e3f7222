"""Airflow as services: API server, scheduler, DAG processor and triggerer."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial

import settings
from stack.secrets import Secrets
from stack.services.airflow_database import AIRFLOW, prepare_database
from stack.services.airflow_environment import airflow_environment
from stack.services.airflow_health import api_server_health, heartbeat_health
from stack.services.airflow_manifest import prepare_manifest
from stack.services.service import Service

__all__ = ["define"]

API_SERVER_MEGABYTES = 1_000
SCHEDULER_MEGABYTES = 4_000
"""The tasks belong to its process tree: four at once, a training among them."""
DAG_PROCESSOR_MEGABYTES = 1_000
TRIGGERER_MEGABYTES = 1_000
READY_SECONDS = 90.0
"""First start on two busy cores, with the migration before it."""


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """The four components. Task logs are read from the disk, so none of them serves any on a port."""
    environment = airflow_environment(config, secrets)
    one_of_them = partial(
        Service,
        needs=("postgres", "kafka"),
        prepare=partial(_prepare, config, environment),
        ready_within=READY_SECONDS,
    )
    heartbeat = partial(heartbeat_health, config)
    return [
        one_of_them(
            name="airflow_api_server",
            command=(AIRFLOW, "api-server", "--proxy-headers"),
            environment=environment | {"OKR_PROXY_SECRET": secrets.proxy},
            health=partial(api_server_health, config),
            memory_megabytes=API_SERVER_MEGABYTES,
        ),
        one_of_them(
            name="airflow_scheduler",
            command=(sys.executable, "-m", "stack.airflow_scheduler"),
            environment=environment,
            health=partial(heartbeat, "SchedulerJob"),
            memory_megabytes=SCHEDULER_MEGABYTES,
            # Asked to end, workers report their tasks as failed. Killed, they report nothing, and the next
            # scheduler ends what is left of them and runs those tasks again.
            stop_signal="KILL",
        ),
        one_of_them(
            name="airflow_dag_processor",
            command=(AIRFLOW, "dag-processor"),
            environment=environment,
            health=partial(heartbeat, "DagProcessorJob"),
            memory_megabytes=DAG_PROCESSOR_MEGABYTES,
        ),
        one_of_them(
            name="airflow_triggerer",
            command=(AIRFLOW, "triggerer", "--skip-serve-logs"),
            environment=environment,
            health=partial(heartbeat, "TriggererJob"),
            memory_megabytes=TRIGGERER_MEGABYTES,
        ),
    ]


def _prepare(config: settings.Settings, environment: Mapping[str, str]) -> None:
    prepare_database(config, environment)
    prepare_manifest()
