"""The main job run to its end on the sample organisation, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import settings
from settings import ROOT, Role
from stack.sample import write

AS_OF = date(2026, 11, 23)
SEED = 7
SCHEMAS = ("okr_raw", "okr_processed", "okr_curated", "okr_ml")

Runner = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def sample_folder(warehouse: settings.Settings) -> Path:
    """A folder with the sample organisation of its default size."""
    folder = warehouse.home / "main-job"
    write(folder, AS_OF, SEED)
    return folder


@pytest.fixture(scope="session")
def run_main_job(
    fresh_database: Callable[[], settings.Settings],
    fresh_topics: Callable[[], settings.Settings],
    sample_folder: Path,
) -> Runner:
    """Call it, with a day if not today's, for `okr run --json` on that folder: the facts of the screen."""
    fresh_topics()
    fresh_database()

    def run(as_of: date = AS_OF) -> dict[str, Any]:
        command = (
            sys.executable,
            "-m",
            "stack",
            "run",
            "--json",
            "--data",
            str(sample_folder),
            "--as-of",
            str(as_of),
        )
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
        assert done.returncode == 0, (
            f"okr run ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
        )
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts

    return run


@pytest.fixture(scope="session")
def first_run(run_main_job: Runner) -> dict[str, Any]:
    """Facts of the first run."""
    return run_main_job()


@pytest.fixture
def digest_tables(warehouse: settings.Settings) -> Callable[[], dict[str, str]]:
    """Call it for the digest of each table of the four layers, over all rows and columns.

    Views are left out: they show tables, and some show the log of builds and checks, which grows.
    """

    def digest() -> dict[str, str]:
        with psycopg.connect(warehouse.postgres.conninfo(Role.ADMIN)) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables"
                " where table_schema = any(%s) and table_type = 'BASE TABLE'",
                [list(SCHEMAS)],
            ).fetchall()
            digests = {}
            for schema, table in tables:
                query = sql.SQL(
                    "select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from {} t"
                )
                row = connection.execute(query.format(sql.Identifier(schema, table))).fetchone()
                assert row is not None
                digests[f"{schema}.{table}"] = row[0]
            return digests

    return digest
