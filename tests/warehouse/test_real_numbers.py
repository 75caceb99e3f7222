"""Numbers of the real files, read by hand in the source, against what the warehouse says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

if TYPE_CHECKING:
    import psycopg

TABLES = Path(__file__).parent / "real_numbers"
SOURCES = ("gitlab", "ipfs", "metricor", "oslo", "tarides")
LEAST_CHECKED = {"gitlab": 20, "ipfs": 20, "oslo": 20, "tarides": 2, "metricor": 4}

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

OF_KEY_RESULT = sql.SQL(
    """
    select cast(statements.{column} as varchar)
    from okr_processed.{table} statements
    where statements.is_deleted = 0
        and statements.key_result_key in (
            select key_results.key_result_key
            from okr_processed.int_key_results_unioned key_results
            where key_results.source_system = %s
                and %s in (key_results.key_result_id, key_results.key_result_title)
        )
    """
)


def numbers() -> list[object]:
    return list(read_numbers())


def read_numbers() -> Iterator[object]:
    for source in SOURCES:
        with (TABLES / f"{source}.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                name = f"{source}-{row['entities']}-{row['column_name']}-{row['key_result'][:40]}"
                yield pytest.param(source, row, id=name)


def cycles() -> list[dict[str, str]]:
    with (TABLES / "cycles.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def same(found: str | None, expected: str) -> bool:
    """Equal as numbers where both are numbers, else as text; an empty cell stands for null."""
    if found is None or expected == "":
        return found is None and expected == ""
    try:
        return abs(float(found) - float(expected)) < 1e-9
    except ValueError:
        return found == expected


@pytest.mark.parametrize(("source", "row"), numbers())
def test_the_warehouse_says_what_the_source_says(
    real_warehouse: psycopg.Connection, source: str, row: dict[str, str]
) -> None:
    query = OF_KEY_RESULT.format(
        column=sql.Identifier(row["column_name"]), table=sql.Identifier(f"int_{row['entities']}_unioned")
    )
    found = [value for (value,) in real_warehouse.execute(query, (source, row["key_result"]))]
    if row["expected"] == "" and row["entities"] == "scores":
        assert all(value is None for value in found), f"{row['read_from']}: found {found}"
    else:
        assert found, f"{row['key_result']} has no row in int_{row['entities']}_unioned"
        assert all(same(value, row["expected"]) for value in found), f"{row['read_from']}: found {found}"


@pytest.mark.parametrize("row", cycles(), ids=lambda row: f"{row['source_system']}-{row['cycle']}")
def test_cycles_have_the_dates_of_their_own_calendar(
    real_warehouse: psycopg.Connection, row: dict[str, str]
) -> None:
    found = real_warehouse.execute(
        """
        select cast(start_date as varchar), cast(end_date as varchar)
        from okr_processed.int_cycles_unioned
        where source_system = %s and cycle_id = %s
        """,
        (row["source_system"], row["cycle"]),
    ).fetchall()
    assert found == [(row["start_date"] or None, row["end_date"] or None)], row["read_from"]


@pytest.mark.parametrize("source", SOURCES)
def test_enough_numbers_of_each_source_were_checked(source: str) -> None:
    with (TABLES / f"{source}.csv").open(encoding="utf-8", newline="") as lines:
        expected = [row["expected"] for row in csv.DictReader(lines)]
    numeric = [value for value in expected if value.replace(".", "", 1).isdigit()]
    assert len(numeric) >= LEAST_CHECKED[source]


@pytest.mark.parametrize(
    ("source", "entities", "count"),
    [
        # Items under the CEO's objectives that are key results; the retrospectives of 2018 are not OKRs.
        ("gitlab", "key_results", 1220),
        ("ipfs", "key_results", 12),
        ("ipfs", "objectives", 5),
        ("ipfs", "scores", 11),
        ("metricor", "key_results", 4),
        ("metricor", "objectives", 2),
        ("oslo", "key_results", 38),
        ("oslo", "objectives", 29),
        ("oslo", "cycles", 21),
        ("oslo", "teams", 17),
        ("oslo", "check_ins", 10),
        ("tarides", "key_results", 4),
    ],
)
def test_every_row_of_the_source_became_an_entity(
    real_warehouse: psycopg.Connection, source: str, entities: str, count: int
) -> None:
    key = {"people": "person"}.get(entities, entities.removesuffix("s")) + "_key"
    query = sql.SQL(
        "select count(distinct {key}) from okr_processed.{table} where source_system = %s"
    ).format(key=sql.Identifier(key), table=sql.Identifier(f"int_{entities}_unioned"))
    assert real_warehouse.execute(query, (source,)).fetchone() == (count,)
