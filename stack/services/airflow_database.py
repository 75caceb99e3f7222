"""Airflow's database: made when it is missing, brought to the installed version once."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import psycopg
from filelock import FileLock
from psycopg import sql

import settings
from settings import Role
from stack.databases import create_database
from stack.errors import ServiceError
from stack.services.airflow_environment import PARALLELISM, airflow_home

__all__ = ["AIRFLOW", "MODELS_POOL", "MODELS_SLOTS", "prepare_database"]

logger = logging.getLogger(__name__)

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
MIGRATION_SECONDS = 300
MODELS_POOL = "okr_models"
MODELS_SLOTS = PARALLELISM - 1
"""Tasks that show dbt's nodes wait for the build; they never take the slot it needs."""


def prepare_database(config: settings.Settings, environment: Mapping[str, str]) -> None:
    """Have the database ready for the installed version; does nothing where it is."""
    airflow_home(config).mkdir(parents=True, exist_ok=True)
    with FileLock(airflow_home(config) / "migration.lock", timeout=MIGRATION_SECONDS):
        database = config.postgres.airflow_database
        create_database(config, database, owner=config.postgres.user(Role.AIRFLOW))
        if _is_current(config):
            return
        _migrate(environment)
        statement = sql.SQL("comment on database {} is {}").format(
            sql.Identifier(database), sql.Literal(_note())
        )
        with psycopg.connect(config.postgres.conninfo(Role.AIRFLOW, database)) as connection:
            connection.execute(statement)


def _is_current(config: settings.Settings) -> bool:
    """Whether the tables were made by the installed version."""
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = %s"
    database = config.postgres.airflow_database
    try:
        with psycopg.connect(config.postgres.conninfo(Role.AIRFLOW, database)) as connection:
            row = connection.execute(query, [database]).fetchone()
    except psycopg.Error as problem:
        raise ServiceError(
            f"database {database!r} cannot be used by {config.postgres.user(Role.AIRFLOW)!r}: {problem}"
        ) from problem
    return row is not None and row[0] == _note()


def _note() -> str:
    return f"tables of airflow {version('apache-airflow-core')}, pool {MODELS_POOL} of {MODELS_SLOTS}"


def _migrate(environment: Mapping[str, str]) -> None:
    logger.info("Bringing Airflow's database to version %s", version("apache-airflow-core"))
    _airflow(environment, "db", "migrate")
    _airflow(environment, "pools", "set", MODELS_POOL, str(MODELS_SLOTS), "Tasks of dbt's nodes")


def _airflow(environment: Mapping[str, str], *words: str) -> None:
    """Run a command of Airflow's. Raises ServiceError with its last words."""
    said = f"`airflow {' '.join(words[:2])}`"
    try:
        done = subprocess.run(
            [AIRFLOW, *words],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=MIGRATION_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise ServiceError(f"{said} took more than {MIGRATION_SECONDS} s") from problem
    if done.returncode != 0:
        words_said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise ServiceError(f"{said} ended with {done.returncode}: {words_said[-1]}")
