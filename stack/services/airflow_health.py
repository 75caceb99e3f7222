"""How Airflow's components are."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import psycopg

import settings
from settings import Role
from stack.services.airflow_environment import SILENT_AFTER_SECONDS
from stack.services.service import UnhealthyError

__all__ = ["api_server_health", "heartbeat_health"]

TIMEOUT_SECONDS = 2
HEARTBEAT = """
    select extract(epoch from clock_timestamp() - latest_heartbeat)::float, state
    from job where job_type = %s order by latest_heartbeat desc nulls last limit 1
"""


def api_server_health(config: settings.Settings) -> str:
    """What the API server says of itself and of its database.

    It answers every path with a page, so that only JSON of the right shape counts. The tasks' interface is
    made at its first call, which takes seconds of processor time in which nothing else is answered: that
    first call is this one, so that no task meets it.
    """
    port = config.addresses.behind("airflow")
    if (tasks := _said(port, "execution/health", "status")) != "healthy":
        raise UnhealthyError(f"its interface for tasks is {tasks}")
    if (database := _said(port, "api/v2/monitor/health", "metadatabase", "status")) != "healthy":
        raise UnhealthyError(f"its database is {database}")
    return f"answers on port {port}, its database is healthy"


def _said(port: int, path: str, *keys: str) -> Any:
    try:
        address = f"http://127.0.0.1:{port}/airflow/{path}"
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            said: Any = json.load(answer)
        for key in keys:
            said = said[key]
    except OSError as problem:
        raise UnhealthyError(f"no answer on port {port}: {problem}") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise UnhealthyError(f"what answers on port {port} is not Airflow's health page") from problem
    return said


def heartbeat_health(config: settings.Settings, job_type: str) -> str:
    """How long ago a component wrote its heartbeat.

    It is read where the health page reads it too, in Airflow's database, so that these three can be told
    while the API server is down.
    """
    address = config.postgres.conninfo(Role.AIRFLOW, config.postgres.airflow_database)
    try:
        with psycopg.connect(address, connect_timeout=TIMEOUT_SECONDS) as connection:
            row = connection.execute(HEARTBEAT, [job_type]).fetchone()
    except psycopg.Error as problem:
        first = str(problem).strip().split("\n", 1)[0]
        raise UnhealthyError(f"its heartbeat cannot be read: {first}") from problem
    if row is None or row[0] is None:
        raise UnhealthyError("it has not written a heartbeat yet")
    age, state = row
    if age > SILENT_AFTER_SECONDS:
        raise UnhealthyError(f"no heartbeat for {age:.0f} s")
    if state != "running":
        raise UnhealthyError(f"its last heartbeat was its end ({state})")
    return f"heartbeat {age:.0f} s ago"
