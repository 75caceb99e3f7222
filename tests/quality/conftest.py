"""A database of the quality tests' own, and good data in it for a test to spoil."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from quality.suites.contract import FEATURE_COLUMNS, FEATURES, LABEL_COLUMNS, LABELS
from settings import ROOT, PostgresSettings, Role, Settings

DATABASE = "okr_quality_tests"
AS_OF = date(2026, 11, 20)
RECORDED = "2026-11-10T09:00:00+00:00"


@pytest.fixture(scope="session")
def quality_database(warehouse: Settings) -> Iterator[PostgresSettings]:
    """A migrated database no other test writes to."""
    admin = warehouse.postgres.conninfo(Role.ADMIN, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
    postgres = warehouse.postgres.model_copy(update={"database": DATABASE})
    command = [sys.executable, "-m", "alembic", "-c", "migrations/alembic.ini", "upgrade", "head"]
    subprocess.run(command, cwd=ROOT, env=environment(postgres), check=True, capture_output=True)
    yield postgres
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")


def environment(postgres: PostgresSettings, home: Path | None = None) -> dict[str, str]:
    """Variables that lead a command to the tests' database."""
    own = {
        "OKR_PG_PORT": str(postgres.port),
        "OKR_PG_DATABASE": postgres.database,
        "OKR_AS_OF": AS_OF.isoformat(),
    }
    if not postgres.is_embedded:
        own["OKR_PG_HOST"] = postgres.host
    return os.environ | own | ({"OKR_HOME": str(home)} if home else {})


@pytest.fixture
def empty(quality_database: PostgresSettings, tmp_path: Path) -> Settings:
    """Settings of a migrated warehouse that holds nothing."""
    with psycopg.connect(quality_database.conninfo(Role.ADMIN)) as connection:
        connection.execute("truncate okr_raw.files, okr_raw.arrivals, okr_raw.publications")
        connection.execute(
            "truncate okr_raw.records, okr_raw.rejects, okr_ops.quality_results, okr_ops.builds"
        )
        connection.execute(f"drop table if exists {FEATURES}")
        connection.execute(f"drop table if exists {LABELS}")
    return Settings(postgres=quality_database, home=tmp_path, as_of=AS_OF)


@pytest.fixture
def command_environment(empty: Settings) -> dict[str, str]:
    """Variables for `python -m quality` in a process of its own."""
    return environment(empty.postgres, empty.home)


@pytest.fixture
def spoil(empty: Settings) -> Callable[[str], None]:
    """Runs a statement as the database's owner."""

    def run(statement: str) -> None:
        with psycopg.connect(empty.postgres.conninfo(Role.ADMIN)) as connection:
            connection.execute(statement.encode())

    return run


@pytest.fixture
def good_raw(empty: Settings) -> Settings:
    """One published file of each template dataset, 100 rows each, nothing wrong with any."""
    with psycopg.connect(empty.postgres.conninfo(Role.ADMIN)) as connection:
        for number, (dataset, row) in enumerate(template_rows().items(), start=1):
            publish(connection, number, dataset, [row(index) for index in range(100)])
    return empty


@pytest.fixture
def good_model(empty: Settings) -> Settings:
    """Features of 40 key results a cycle at five dates each over eleven cycles, and the labels of ten."""
    with psycopg.connect(empty.postgres.conninfo(Role.ADMIN)) as connection:
        make_table(connection, FEATURES, FEATURE_COLUMNS)
        make_table(connection, LABELS, LABEL_COLUMNS)
        for cycle in range(11):
            for index in range(40):
                for row in feature_rows(cycle, index):
                    insert(connection, FEATURES, row)
                if cycle < 10:
                    insert(connection, LABELS, label_row(cycle, index))
        connection.execute(
            "insert into okr_ops.builds (build_id, as_of_date, publish_seq, finished_at)"
            " values ('b', %s, 1, now())",
            (AS_OF,),
        )
    return empty


def template_rows() -> dict[str, Callable[[int], dict[str, str]]]:
    """Per dataset: a function from row index to a good row."""
    version = {"lifecycle": "active", "effective_date": "2026-10-01", "recorded_at": RECORDED}
    return {
        "template.cycles": lambda i: {
            "cycle_id": f"c{i}",
            "name": f"Q{i}",
            "start_date": "2026-10-01",
            "end_date": "2026-12-31",
        },
        "template.teams": lambda i: {"team_id": f"t{i}", "name": f"Team {i}", "level": "team"},
        "template.people": lambda i: {
            "person_id": f"p{i}",
            "name": f"P {i}",
            "email": f"p{i}@example.org",
            "is_active": "true",
        },
        "template.objectives": lambda i: {
            "objective_id": f"o{i}",
            "cycle_id": "c1",
            "title": "Grow",
            **version,
        },
        "template.key_results": lambda i: {
            "key_result_id": f"k{i}",
            "objective_id": f"o{i}",
            "title": "Reach 10",
            "kind": "metric",
            "start_value": "0",
            "target_value": "1e1",
            "weight": "",
            "commitment": "",
            **version,
        },
        "template.check_ins": lambda i: {
            "check_in_id": f"i{i}",
            "key_result_id": f"k{i}",
            "check_in_date": "2026-11-09",
            "value": "-3.5",
            "confidence": str(i % 11),
            "is_deleted": "",
            "recorded_at": RECORDED,
        },
        "template.scores": lambda i: {
            "key_result_id": f"k{i}",
            "score": "0.7",
            "outcome": "achieved",
            "graded_at": RECORDED,
            "recorded_at": RECORDED,
        },
    }


def publish(
    connection: psycopg.Connection[Any], number: int, dataset: str, rows: list[dict[str, str]]
) -> None:
    """Write what the loader leaves behind for one loaded file."""
    file_id = hashlib.sha256(dataset.encode()).hexdigest()
    connection.execute(
        "insert into okr_raw.files (file_id, source_instance, path, sha256, bytes, dataset, known_at_basis,"
        " status, rows_read, rows_loaded, publish_seq, discovered_at, known_at)"
        " values (%s, 'main', %s, %s, 9, %s, 'published', 'loaded', %s, %s, %s, now(), now())",
        (file_id, f"main/{dataset}.csv", file_id, dataset, len(rows), len(rows), number),
    )
    connection.execute(
        "insert into okr_raw.arrivals (arrival_id, file_id, path, discovered_at, last_seen_at)"
        " values (%s, %s, 'p', now(), now())",
        (f"a{number}", file_id),
    )
    connection.execute(
        "insert into okr_raw.publications (publish_seq, file_id, arrival_id, action, known_at)"
        " values (%s, %s, %s, 'publish', now())",
        (number, file_id, f"a{number}"),
    )
    connection.cursor().executemany(
        "insert into okr_raw.records (file_id, row_number, line_number, cells, topic_partition, topic_offset)"
        " values (%s, %s, %s, %s, 0, %s)",
        [(file_id, place, place + 1, Jsonb(row), place) for place, row in enumerate(rows, start=1)],
    )


def make_table(connection: psycopg.Connection[Any], table: str, columns: dict[str, tuple[str, ...]]) -> None:
    """A curated table as dbt would leave it: contract columns, readable by the quality role."""
    body = ", ".join(f"{name} {types[0]}" for name, types in columns.items())
    connection.execute(f"create table {table} ({body})".encode())
    connection.execute(f"grant select on {table} to okr_quality".encode())


def insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    """One row by column name."""
    places = ", ".join(["%s"] * len(row))
    connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({places})".encode(), list(row.values())
    )


def cycle_dates(cycle: int) -> tuple[date, date]:
    """Start and end of the cycle; the eleventh (10) is running at the as-of date."""
    start = date(2026, 10, 1) - timedelta(days=91 * (10 - cycle))
    return start, start + timedelta(days=90)


def feature_rows(cycle: int, index: int) -> Iterator[dict[str, Any]]:
    """A key result's rows at ten to fifty per cent of its cycle."""
    start, end = cycle_dates(cycle)
    for step in range(1, 6):
        words = {name: "x" for name, types in FEATURE_COLUMNS.items() if types[0] == "character varying"}
        numbers = {name: 0 for name, types in FEATURE_COLUMNS.items() if types[0] == "numeric"}
        progress = (index * 7 + step) % 40 / 40
        yield (
            words
            | numbers
            | {
                "key_result_key": f"k{cycle}-{index}",
                "checkpoint": "week",
                "cycle_start_date": start,
                "cycle_end_date": end,
                "as_of_date": start + timedelta(days=9 * step),
                "is_open": int(cycle == 10),
                "elapsed": step / 10,
                "progress": progress,
                "has_progress": 1,
                "confidence": progress,
                "has_confidence": 1,
                "team_attainment_prior": 0.5,
            }
        )


def label_row(cycle: int, index: int) -> dict[str, Any]:
    """A label graded a week after the cycle; half are attained."""
    return {
        "key_result_key": f"k{cycle}-{index}",
        "attained": index % 2,
        "final_score": 0.7 * (index % 2),
        "label_available_at": cycle_dates(cycle)[1] + timedelta(days=7),
        "commitment": "committed",
        "threshold": 0.7,
    }
