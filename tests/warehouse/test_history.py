"""Late, edited, back-dated and retracted rows change no answer given before; every way of building is equal.

A small organisation comes in steps of files in a seeded random order. Expected answers are worked out in
plain Python from the rows themselves, apart from the warehouse's SQL.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

START = date(2026, 1, 1)
DAYS = [START + timedelta(days=step) for step in range(0, 110, 9)]
STEPS = 3
CYCLE = {
    "cycle_id": "C", "name": "Q1", "cadence": "quarter", "start_date": "2026-01-01", "end_date": "2026-04-30",
}  # fmt: skip
OBJECTIVES = [
    {
        "objective_id": name, "cycle_id": "C", "team_id": "T", "title": name, "lifecycle": "active",
        "effective_date": "2026-01-01", "recorded_at": "2026-01-01T07:00:00Z",
    }
    for name in ("O0", "O1")
]  # fmt: skip
# Exports of the calendar: the same again, then others dated before that, the last between two of them.
CALENDARS = [
    (date(2026, 4, 1), {}),
    (date(2026, 2, 1), {"end_date": "2026-05-31"}),
    (date(2026, 1, 15), {}),
    (date(2026, 3, 1), {"end_date": "2026-06-30"}),
]
NEEDED = (
    "--select",
    *(
        "+fct_key_result_states",
        "+fct_check_ins",
        "+fct_key_result_weeks",
        "+ml_key_result_features",
        "+okr_documents",
    ),
)


def organisation(
    chance: random.Random, check_in: Callable[..., Any]
) -> tuple[list[dict[str, str]], list[Any]]:
    """Six key results with their goals, and a year's worth of mess about them."""
    key_results, versions = [], []
    for number in range(6):
        name = f"K{number}"
        key_results.append(
            {
                "key_result_id": name, "objective_id": f"O{number % 2}", "title": name, "kind": "metric",
                "start_value": "100", "target_value": "20", "lifecycle": "active",
                "effective_date": START.isoformat(), "recorded_at": "2026-01-01T08:00:00Z",
            }
        )  # fmt: skip
        for week in range(10):
            day = START + timedelta(days=7 * week + chance.randrange(6))
            recorded = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(
                days=chance.choice([0, 0, 3, 12])
            )
            value = None if chance.random() < 0.1 else Decimal(100 - 8 * week + chance.randrange(5))
            first = check_in(f"{name}-{week}", name, day, recorded, value)
            versions.append(first)
            if chance.random() < 0.3:
                later, moved = (
                    recorded + timedelta(days=chance.randrange(1, 20)),
                    day - timedelta(days=chance.randrange(3)),
                )
                versions.append(
                    check_in(
                        first.identity,
                        name,
                        moved,
                        later,
                        Decimal(chance.randrange(100)),
                        chance.random() < 0.3,
                    )
                )
    return key_results, versions


def expected_value(versions: list[Any], day: date, instant: datetime) -> Decimal | None:
    """What a key result stood at on a day, as known at an instant."""
    latest: dict[str, Any] = {}
    for version in versions:
        if version.held(instant):
            rival = latest.get(version.identity)
            if rival is None or rival.edit_order() < version.edit_order():
                latest[version.identity] = version
    standing = [
        version
        for version in latest.values()
        if not version.is_deleted and version.value is not None and version.business_date <= day
    ]
    return max(standing, key=lambda version: version.ruling_order()).value if standing else None


def answers(
    connection: psycopg.Connection, instants: list[datetime]
) -> dict[tuple[str, date, datetime], object]:
    """Every question "what did we say about day D on instant K", with the whole row as the answer."""
    rows = connection.execute(
        "select names.key_result_id, days.day, instants.instant, states.latest_value, states.progress_raw,"
        " states.target_value, states.cycle_end_date, states.valid_from, states.check_in_key,"
        " states.known_from, states.state_key"
        " from unnest(%s::date[]) days (day) cross join unnest(%s::timestamptz[]) instants (instant)"
        " join okr_curated.fct_key_result_states states"
        " on days.day >= states.valid_from and days.day < states.valid_to"
        " and instants.instant at time zone 'UTC' >= states.known_from"
        " and instants.instant at time zone 'UTC' < states.known_to"
        " join okr_curated.dim_key_results names on names.key_result_key = states.key_result_key"
        " where states.source_instance <> 'backfill'",
        [DAYS, instants],
    ).fetchall()
    found = {(row[0], row[1], row[2].astimezone(UTC)): row[3:] for row in rows}
    assert len(found) == len(rows), "two states for one key result, day and instant"
    return found


def publish_a_backfill(
    publisher: Any, key_result: dict[str, str], known_at: datetime
) -> Callable[[datetime], None]:
    """Two key results of a backfill; call what is returned, and they lose all the states they had."""
    source = publisher.source("backfill", "recorded")
    deleted = key_result | {"key_result_id": "deleted"}
    not_yet = key_result | {"key_result_id": "taken back", "recorded_at": "2027-01-01T08:00:00Z"}
    publisher.publish("key_results", [deleted], known_at, source=source)
    to_retract = publisher.publish("key_results", [not_yet], known_at, source=source)

    def lose_all(known_at: datetime) -> None:
        # One by a deletion recorded with it, the other taken back before it counts.
        changes = [deleted | {"action": "delete"}]
        publisher.publish("key_result_changes", changes, known_at, "change_set", source=source)
        publisher.retract(to_retract, known_at)

    return lose_all


def states_of_the_backfill(connection: psycopg.Connection) -> int:
    """How many key results of the backfill have states."""
    row = connection.execute(
        "select count(distinct key_result_key) from okr_curated.fct_key_result_states"
        " where source_instance = 'backfill'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_late_files_change_no_answer_given_before_and_every_way_of_building_is_equal(
    publisher: Any, build: Callable[..., None], digests: Callable[[], dict[str, str]]
) -> None:
    chance = random.Random(5)
    key_results, versions = organisation(chance, publisher.version)
    first = datetime(2026, 1, 2, tzinfo=UTC)
    publisher.publish("cycles", [CYCLE], first, "snapshot")
    publisher.publish("objectives", OBJECTIVES, first)
    publisher.publish("key_results", key_results, first)
    lose_all = publish_a_backfill(publisher, key_results[0], first)
    chance.shuffle(versions)
    share = len(versions) // STEPS
    instants = [first + timedelta(days=20 * step, hours=1) for step in range(STEPS + 3)]
    given: dict[tuple[str, date, datetime], object] = {}

    for step in range(STEPS + 2):
        known_at = first + timedelta(days=20 * step)
        if step:
            dated, changes = CALENDARS[step - 1]
            publisher.publish("cycles", [CYCLE | changes], known_at, "snapshot", snapshot_date=dated)
        if step < STEPS:
            publisher.publish_check_ins(versions[step * share : (step + 1) * share or None], known_at)
        elif step == STEPS:
            publisher.retract(sorted(publisher.files)[1], known_at)
            assert states_of_the_backfill(publisher.connection) == 2
            lose_all(known_at)
        else:
            goal = {
                "target_value": "60",
                "effective_date": "2026-02-10",
                "recorded_at": "2026-04-01T08:00:00Z",
            }
            publisher.publish("key_results", [key_results[0] | goal], known_at)
        build(*NEEDED)
        now = answers(publisher.connection, instants[: step + 1])
        changed = {question for question, answer in given.items() if now.get(question) != answer}
        assert not changed, f"step {step} changed {len(changed)} answers, such as {min(changed)}"
        given = now

    for (name, day, instant), answer in given.items():
        mine = [version for version in versions if version.key_result == name]
        assert answer[0] == expected_value(mine, day, instant), (name, day, instant)
    assert len(given) == len(key_results) * len(DAYS) * (STEPS + 2)

    assert states_of_the_backfill(publisher.connection) == 0
    incremental = digests()
    build(*NEEDED)
    assert digests() == incremental, "a build without news changed a table"
    build("--full-refresh", *NEEDED)
    assert digests() == incremental, "a full refresh differs from the incremental builds"
