"""A year of the sample and of two other tools comes in twelve steps of a random order: no answer changes.

Files are split and come late, edited, back-dated, re-exported, twice and after they were taken back. After
every step the earlier questions are asked again; what was built step by step equals a full refresh, and a
warehouse made anew from okr_raw.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SEED = int(os.environ.get("OKR_TEST_SEED", "20260525"))
STEPS = 12
AS_OF = date(2026, 4, 20)
FIRST_STEP = datetime(2025, 6, 1, tzinfo=UTC)
DAYS = [date(2025, 4, 1) + timedelta(days=17 * number) for number in range(24)]
STATES_OF_THINGS = ("cycles", "teams", "people", "onesheet.key_results", "metricor.features")
CHANGEABLE = ("title", "name", "comment", "method", "Owner", "Title")
EVERYTHING = ("--exclude", "tag:forecast")
# What is asked about and what it is made from; views made in the first step stay as they are.
ASKED_ABOUT = (
    *("--select", "+fct_key_result_states", "+fct_check_ins", "+int_key_result_changes"),
    *("--exclude", "config.materialized:view"),
)
Row = dict[str, str]

# The end of knowledge comes later; the rest counts or places all versions ever seen, or says how they came.
NO_ANSWER = [
    *("known_to", "is_known_now", "known_until", "is_current", "version_number"),
    *("publish_seq", "count_inputs", "count_withdrawn", "last_withdrawn_at"),
]
# fct_check_ins measures against the goal as it is known now.
MEASURED_NOW = ["objective_key", "cycle_key", "target_value", "progress_raw", "progress"]
QUESTIONS = {
    "fct_key_result_states": """
        select states.key_result_key, days.day, instants.instant,
            (to_jsonb(states) - %(no_answer)s::text[])::text
        from unnest(%(days)s::date[]) days (day)
        cross join unnest(%(instants)s::timestamp[]) instants (instant)
        join okr_curated.fct_key_result_states states
            on days.day >= states.valid_from and days.day < states.valid_to
            and instants.instant >= states.known_from and instants.instant < states.known_to
        where states.source_instance <> %(backfill)s
    """,
    "fct_check_ins": """
        select check_ins.check_in_version_key, instants.instant,
            (to_jsonb(check_ins) - %(no_answer)s::text[] - %(measured_now)s::text[])::text
        from unnest(%(instants)s::timestamp[]) instants (instant)
        join okr_curated.fct_check_ins check_ins
            on instants.instant >= check_ins.known_at
            and (check_ins.known_until is null or instants.instant < check_ins.known_until)
        where check_ins.source_instance <> %(backfill)s
    """,
    "int_key_result_changes": """
        select changes.change_id, changes::text
        from okr_processed.int_key_result_changes changes
        where changes.changed_at <= (select max(instant) from unnest(%(instants)s::timestamp[]) instant)
    """,
}


@dataclass
class Delivery:
    """Rows of one file to come."""

    dataset: str
    source: Any
    rows: list[Row]
    snapshot_date: date
    path: str = ""


@dataclass
class Year:
    """The files of a year: what is still to come, and what has come."""

    chance: random.Random
    publisher: Any
    waiting: list[Delivery]
    come: dict[str, Delivery] = field(default_factory=dict)
    taken_back: list[str] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, Row]]] = field(default_factory=lambda: defaultdict(list))
    edits: int = 0

    def deliver(self, delivery: Delivery, known_at: datetime) -> None:
        """Publish a file."""
        kind = "snapshot" if delivery.dataset in STATES_OF_THINGS else "append"
        file_id = self.publisher.publish(
            delivery.dataset, delivery.rows, known_at, kind,
            source=delivery.source, snapshot_date=delivery.snapshot_date, path=delivery.path,
        )  # fmt: skip
        self.come[file_id] = delivery
        self.rows[delivery.dataset] += [(delivery.source, row) for row in delivery.rows]

    def edit(self, dataset: str, count: int, change: Callable[[Row], Row], known_at: datetime) -> None:
        """A file of new versions of rows that came before, recorded later or without a word about it."""
        for source, row in self.chance.sample(self.rows[dataset], min(count, len(self.rows[dataset]))):
            silent = self.chance.random() < 0.3
            recorded = row["recorded_at"] if silent else f"{known_at - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
            self.edits += 1
            self.deliver(
                Delivery(dataset, source, [{**row, "recorded_at": recorded} | change(row)], AS_OF), known_at
            )

    def export_again(self, known_at: datetime, dataset: str = "") -> None:
        """An earlier file as its tool shows it now: rows left out, one edited, one of them twice."""
        was = self.come[self.some_file(lambda one: not dataset or self.come[one].dataset == dataset)]
        rows = self.chance.sample(was.rows, max(1, round(len(was.rows) * 0.8)))
        place = self.chance.randrange(len(rows))
        edited = next((name for name in CHANGEABLE if name in rows[place]), None)
        rows[place] = dict(rows[place], **({edited: f"{rows[place][edited]} (again)"} if edited else {}))
        if dataset == "cycles" and self.chance.random() < 0.5:
            rows[place]["end_date"] = (date.fromisoformat(rows[place]["end_date"]) + timedelta(7)).isoformat()
        dated = AS_OF - timedelta(days=self.chance.randrange(500))
        self.deliver(Delivery(was.dataset, was.source, [*rows, rows[0]], dated, was.path), known_at)

    def come_again(self, file_id: str, known_at: datetime) -> None:
        """A file that was seen before comes again, byte by byte."""
        was = self.come[file_id]
        is_state = was.dataset in STATES_OF_THINGS
        self.publisher.arrive(file_id, known_at, was.snapshot_date if is_state else None)
        self.taken_back = [one for one in self.taken_back if one != file_id]

    def take_back(self, known_at: datetime) -> None:
        """A file is retracted; one that was may come again."""
        if self.taken_back and self.chance.random() < 0.5:
            self.come_again(self.taken_back[0], known_at)
        file_id = self.some_file(lambda one: one not in self.taken_back)
        self.publisher.retract(file_id, known_at)
        self.taken_back.append(file_id)

    def some_file(self, fits: Callable[[str], bool]) -> str:
        """One of the files that came before and fit."""
        return self.chance.choice(sorted(one for one in self.come if fits(one)))

    def mess(self, known_at: datetime) -> None:
        """Everything that happens to rows that came before."""
        chance = self.chance

        def other(dataset: str, row: Row, name: str) -> str:
            # Ids are those of an instance: its sisters would not know the other's.
            values = sorted({one[name] for _, one in self.rows[dataset] if one[name][:3] == row[name][:3]})
            return chance.choice(values or [row[name]])

        def days_before(text: str, most: int) -> str:
            return (date.fromisoformat(text[:10]) - timedelta(days=chance.randrange(most))).isoformat()

        self.edit("check_ins", 4, lambda row: {"value": str(chance.randrange(100))}, known_at)
        self.edit("check_ins", 2, lambda row: {"is_deleted": "true"}, known_at)
        self.edit(
            "check_ins", 3, lambda row: {"check_in_date": days_before(row["check_in_date"], 60)}, known_at
        )
        self.edit(
            "check_ins", 2, lambda row: {"key_result_id": other("check_ins", row, "key_result_id")}, known_at
        )
        self.edit(
            "check_ins",
            3,
            lambda row: {
                "check_in_id": f"late-{self.edits}",
                "check_in_date": days_before(row["check_in_date"], 90),
            },
            known_at,
        )
        self.edit(
            "key_results",
            2,
            lambda row: {"target_value": "77", "effective_date": days_before(row["effective_date"], 30)},
            known_at,
        )
        self.edit(
            "key_results",
            1,
            lambda row: {"objective_id": other("key_results", row, "objective_id")},
            known_at,
        )
        self.edit("objectives", 1, lambda row: {"cycle_id": other("objectives", row, "cycle_id")}, known_at)
        self.edit("scores", 2, lambda row: {"score": f"0.{chance.randrange(10)}"}, known_at)
        for dataset in ("cycles", "onesheet.key_results", "metricor.features", "", ""):
            self.export_again(known_at, dataset)
        self.come_again(self.some_file(lambda one: True), known_at)
        for _ in range(2):
            self.take_back(known_at)


def in_parts(
    files: Iterable[tuple[str, str, list[Row], date]], chance: random.Random, source: Any
) -> Iterator[Delivery]:
    """The files, those of events in up to three parts."""
    for instance, dataset, rows, dated in files:
        if dataset in STATES_OF_THINGS:
            yield Delivery(dataset, source(instance), rows, dated, f"{dataset}.csv")
            continue
        chance.shuffle(rows)
        parts = chance.randrange(1, 4)
        for part in range(parts):
            if rows[part::parts]:
                yield Delivery(dataset, source(instance), rows[part::parts], AS_OF)


def answers(
    connection: psycopg.Connection, instants: list[datetime], backfill: str
) -> dict[tuple[Any, ...], str]:
    """Every question asked up to now, with the whole row as the answer."""
    moments = [instant.replace(tzinfo=None) for instant in instants]
    asked = {"days": DAYS, "instants": moments, "backfill": backfill}
    asked |= {"no_answer": NO_ANSWER, "measured_now": MEASURED_NOW}
    found: dict[tuple[Any, ...], str] = {}
    for table, query in QUESTIONS.items():
        for *question, answer in connection.execute(query.encode(), asked):
            assert (table, *question) not in found, f"two answers to {table} {question}"
            found[table, *question] = answer
    return found


def make_anew(connection: psycopg.Connection, build: Callable[..., None]) -> None:
    """Throw away all that was built, lay the rows of okr_raw in another order, and build."""
    for schema in ("okr_processed", "okr_curated"):
        for name, kind in connection.execute(
            "select table_name, case table_type when 'VIEW' then 'view' else 'table' end"
            " from information_schema.tables where table_schema = %s",
            [schema],
        ).fetchall():
            connection.execute(f"drop {kind} if exists {schema}.{name} cascade".encode())
    connection.execute(
        b"create temp table shuffled as select * from okr_raw.records order by random();"
        b" truncate okr_raw.records; insert into okr_raw.records select * from shuffled"
    )
    build(command="seed")
    build(*EVERYTHING)


def test_a_year_in_random_order_changes_no_answer_and_every_way_of_building_is_equal(
    publisher: Any,
    build: Callable[..., None],
    digests: Callable[[], dict[str, str]],
    files_of_a_year: Callable[[int], tuple[str, list[tuple[str, str, list[Row], date]]]],
) -> None:
    print(f"seed {SEED} (OKR_TEST_SEED)")
    chance = random.Random(SEED)
    backfill, files = files_of_a_year(SEED)

    def instance(name: str) -> Any:
        return publisher.source(name, "recorded" if name == backfill else "published")

    waiting = list(in_parts(files, chance, instance))
    chance.shuffle(waiting)
    # One file of each kind of states comes first, so that it can come again from the second step on.
    early = {delivery.dataset: delivery for delivery in waiting if delivery.dataset in STATES_OF_THINGS}
    waiting.sort(key=lambda delivery: delivery is not early.get(delivery.dataset))
    year = Year(chance, publisher, waiting)
    refreshed = {chance.randrange(3, STEPS - 1), STEPS - 1}
    share = -(-len(waiting) // STEPS)
    instants: list[datetime] = []
    given: dict[tuple[Any, ...], str] = {}

    for step in range(STEPS):
        known_at = FIRST_STEP + timedelta(days=27 * step)
        for delivery in waiting[step * share : (step + 1) * share]:
            year.deliver(delivery, known_at)
        if step:
            year.mess(known_at)
        build(*(EVERYTHING if step in {0} | refreshed else ASKED_ABOUT))
        instants.append(known_at + timedelta(hours=1))
        now = answers(publisher.connection, instants, backfill)
        changed = [question for question, answer in given.items() if now.get(question) != answer]
        assert not changed, (
            f"step {step} changed {len(changed)} answers, such as {changed[0]}:\n"
            f"{given[changed[0]]}\n{now.get(changed[0])}"
        )
        given = now
        if step in refreshed:
            incremental = digests()
            build("--full-refresh", *EVERYTHING)
            assert digests() == incremental, f"step {step}: a full refresh differs from building in steps"

    built = digests()
    make_anew(publisher.connection, build)
    assert digests() == built, "a warehouse made anew from okr_raw differs"
