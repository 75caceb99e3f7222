"""What Airflow's components find in their environment: all of its configuration, and no file of it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import settings
from settings import ROOT, Role
from stack.secrets import Secrets
from stack.services.address import public_address

__all__ = [
    "HEARTBEAT_SECONDS",
    "PARALLELISM",
    "SILENT_AFTER_SECONDS",
    "airflow_environment",
    "airflow_home",
]

PARALLELISM = 4
"""Tasks at once; the executor forks as many workers at its start."""
HEARTBEAT_SECONDS = 3
SILENT_AFTER_SECONDS = 15
"""A component that has not written its heartbeat for so long does not work."""


def airflow_home(config: settings.Settings) -> Path:
    """Folder of Airflow's logs of tasks."""
    return config.home / "airflow"


def airflow_environment(config: settings.Settings, secrets: Secrets) -> dict[str, str]:
    """Configuration of every component, and with it of every task."""
    tracking = f"http://127.0.0.1:{config.addresses.behind('mlflow')}/mlflow"
    return {
        "AIRFLOW_HOME": str(airflow_home(config)),
        "AIRFLOW__COSMOS__CACHE_DIR": str(airflow_home(config) / "cosmos"),
        **_addresses(config),
        **_secrets(secrets),
        **_behaviour(),
        **_heartbeats(),
        **_silence(),
        "AIRFLOW_CONN_KAFKA_DEFAULT": _kafka_connection(config),
        "OKR_MLFLOW_TRACKING_URI": config.mlflow_tracking_uri or tracking,
    }


def _addresses(config: settings.Settings) -> dict[str, str]:
    port = config.addresses.behind("airflow")
    database = config.postgres.sqlalchemy_url(Role.AIRFLOW, config.postgres.airflow_database)
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"{public_address(config).url}/airflow",
        # Tasks do not go through the proxy; the prefix is there all the same.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/airflow/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(config.addresses.behind("scheduler_logs")),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(config.addresses.behind("triggerer_logs")),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "airflow" / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "airflow" / "plugins"),
    }


def _secrets(secrets: Secrets) -> dict[str, str]:
    return {
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.airflow_jwt,
        "AIRFLOW__API__SECRET_KEY": secrets.airflow_api,
        "AIRFLOW__CORE__FERNET_KEY": secrets.airflow_fernet,
    }


def _behaviour() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__AUTH_MANAGER": "okr_sign_in.ProxyAuthManager",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "airflow.utils.net.get_host_ip_address",
        "AIRFLOW__API__WORKERS": "1",
        # A busy machine answers late; a task is not to fail for it.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "15",
        "AIRFLOW__API__INSTANCE_NAME": "OKR Warehouse",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        # A change of a DAG file, or a new one, is seen within this time.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "120",
        # Hundreds of short tasks, four at a time: the scheduler looks for the next one at once.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    }


def _heartbeats() -> dict[str, str]:
    """A dead component is taken for dead in seconds, and its tasks and triggers are given to the next one."""
    beat, silent = str(HEARTBEAT_SECONDS), str(SILENT_AFTER_SECONDS)
    return {
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": beat,
        "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": beat,
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": beat,
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": silent,
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": silent,
        "AIRFLOW__DAG_PROCESSOR__HEALTH_CHECK_THRESHOLD": silent,
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    }


def _silence() -> dict[str, str]:
    """Nothing is told to anyone outside."""
    return {
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        "DO_NOT_TRACK": "1",
        "SCARF_ANALYTICS": "false",
    }


def _kafka_connection(config: settings.Settings) -> str:
    """The connection that Airflow's own Kafka operators look for, as an address."""
    extra = {"group.id": "airflow", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    return "kafka:///?__extra__=" + quote(json.dumps(config.kafka.client_config() | extra), safe="")
