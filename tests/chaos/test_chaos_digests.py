"""What counts as the same: every column but those of transport and process, and the order at a path."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

import settings
from settings import Role
from stack.bench.digests import differences, digests
from stack.databases import create_database, drop_database

pytestmark = pytest.mark.postgres

QUIET, WILD = "okr_digest_quiet", "okr_digest_wild"
TABLES = """
    create schema okr_raw;
    create table okr_raw.arrivals (
        arrival_id text, path text, discovered_at timestamptz default clock_timestamp()
    );
    create table okr_raw.publications (publish_seq int, arrival_id text);
    create table okr_raw.outbox (outbox_id int, payload jsonb);
    create table okr_raw.records (file_id text, row_number int, cells jsonb, topic_offset int);
    create table okr_raw.positions (next_offset int);
    insert into okr_raw.arrivals values ('a', 'x.csv'), ('b', 'x.csv'), ('c', 'y.csv');
"""
Fill = Callable[[str, str], None]


@pytest.fixture
def fill(warehouse: settings.Settings) -> Iterator[Fill]:
    """Call it with a database and statements; both databases are there, with a few tables."""

    def execute(database: str, statements: str) -> None:
        with psycopg.connect(warehouse.postgres.conninfo(Role.ADMIN, database)) as connection:
            connection.execute(statements)

    for database in (QUIET, WILD):
        create_database(warehouse, database, owner=None)
        execute(database, TABLES)
    yield execute
    for database in (QUIET, WILD):
        drop_database(warehouse, database)


def test_transport_and_process_do_not_count(warehouse: settings.Settings, fill: Fill) -> None:
    fill(
        QUIET,
        """
        insert into okr_raw.publications values (1, 'a'), (2, 'b'), (3, 'c');
        insert into okr_raw.outbox values (1, '{"publish_seq": 1, "path": "x.csv"}');
        insert into okr_raw.records values ('f', 1, '{}', 1), ('f', 2, '{}', 2);
        """,
    )
    fill(
        WILD,
        """
        insert into okr_raw.publications values (1, 'c'), (2, 'a'), (3, 'b');
        insert into okr_raw.outbox values (7, '{"publish_seq": 9, "path": "x.csv"}');
        insert into okr_raw.records values ('f', 2, '{}', 8), ('f', 1, '{}', 9);
        insert into okr_raw.positions values (9);
        """,
    )
    found = digests(warehouse, WILD)
    assert found == digests(warehouse, QUIET)
    assert sorted(found) == ["arrivals", "outbox", "publications", "records"]
    assert differences(warehouse, QUIET, WILD) == []


@pytest.mark.parametrize(
    ("quiet", "wild", "line"),
    [
        (
            "insert into okr_raw.records values ('f', 1, '{}', 1)",
            "insert into okr_raw.records values ('f', 1, '{}', 1), ('f', 1, '{}', 2)",
            "okr_raw.records: is too much (1 in all): (f,1,{})",
        ),
        (
            "insert into okr_raw.records values ('f', 7, '{}', 1)",
            "select 1",
            "okr_raw.records: is missing (1 in all): (f,7,{})",
        ),
        (
            "insert into okr_raw.publications values (1, 'a'), (2, 'b')",
            "insert into okr_raw.publications values (1, 'b'), (2, 'a')",
            "okr_raw.publications: is missing (2 in all): (a,1)",
        ),
    ],
    ids=["twice", "lost", "in another order"],
)
def test_a_difference_is_named_with_table_and_row(
    warehouse: settings.Settings, fill: Fill, quiet: str, wild: str, line: str
) -> None:
    fill(QUIET, quiet)
    fill(WILD, wild)
    assert digests(warehouse, QUIET) != digests(warehouse, WILD)
    assert differences(warehouse, QUIET, WILD)[0] == line
