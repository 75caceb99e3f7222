"""The columns of our own template, as data/raw/README.md tells people to fill them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from quality.suites.cells import Cell, Dataset
from quality.suites.limits import EARLIEST_YEAR, SCORE_HIGHEST

__all__ = ["template_datasets"]

KINDS = ("metric", "maintain_at_least", "stay_at_most", "range", "binary", "milestone")
LIFECYCLES = ("draft", "active", "closed", "dropped", "carried_forward")
OUTCOMES = ("achieved", "partial", "missed", "dropped", "carried_forward")
FLAGS = ("true", "false")
EARLIEST_TIME = datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC)


def template_datasets(as_of: date, now: datetime | None = None) -> list[Dataset]:
    """The template's seven datasets.

    Nothing may be recorded later than the end of `as_of` or the clock's now, whichever is later; one day of
    grace covers time zones.
    """
    end_of_as_of = datetime.combine(as_of, time.max, tzinfo=UTC)
    latest = (max(end_of_as_of, now or datetime.now(UTC)) + timedelta(days=1)).replace(microsecond=0)
    recorded_at = Cell("recorded_at", "time", required=True, low=EARLIEST_TIME, high=latest)
    effective_date = Cell("effective_date", "date", required=True, low=EARLIEST_TIME.date())
    return [*_snapshots(), *_versions(effective_date, recorded_at), *_facts(recorded_at)]


def _snapshots() -> list[Dataset]:
    return [
        Dataset(
            "template.cycles",
            ("cycle_id",),
            (
                Cell("cycle_id", required=True),
                Cell("name", required=True),
                Cell("start_date", "date", required=True),
                Cell("end_date", "date", required=True),
            ),
            within_file=True,
        ),
        Dataset(
            "template.teams",
            ("team_id",),
            (Cell("team_id", required=True), Cell("name", required=True)),
            within_file=True,
        ),
        Dataset(
            "template.people",
            ("person_id",),
            (
                Cell("person_id", required=True),
                Cell("email", required=True),
                Cell("is_active", allowed=FLAGS),
            ),
            within_file=True,
        ),
    ]


def _versions(effective_date: Cell, recorded_at: Cell) -> list[Dataset]:
    return [
        Dataset(
            "template.objectives",
            ("objective_id", "effective_date", "recorded_at"),
            (
                Cell("objective_id", required=True),
                Cell("cycle_id", required=True),
                Cell("title", required=True),
                Cell("lifecycle", required=True, allowed=LIFECYCLES),
                effective_date,
                recorded_at,
            ),
        ),
        Dataset(
            "template.key_results",
            ("key_result_id", "effective_date", "recorded_at"),
            (
                Cell("key_result_id", required=True),
                Cell("objective_id", required=True),
                Cell("title", required=True),
                Cell("kind", required=True, allowed=KINDS),
                *(
                    Cell(name, "number")
                    for name in ("start_value", "target_value", "lower_bound", "upper_bound")
                ),
                Cell("weight", "number", low=0, high=1000),
                Cell("commitment", allowed=("committed", "aspirational")),
                Cell("lifecycle", required=True, allowed=LIFECYCLES),
                effective_date,
                recorded_at,
            ),
        ),
    ]


def _facts(recorded_at: Cell) -> list[Dataset]:
    return [
        Dataset(
            "template.check_ins",
            ("check_in_id", "recorded_at"),
            (
                Cell("check_in_id", required=True),
                Cell("key_result_id", required=True),
                Cell("check_in_date", "date", required=True, low=EARLIEST_TIME.date()),
                Cell("value", "number"),
                Cell("confidence", "number", low=0, high=10),
                Cell("is_deleted", allowed=FLAGS),
                recorded_at,
            ),
        ),
        Dataset(
            "template.scores",
            ("key_result_id", "recorded_at"),
            (
                Cell("key_result_id", required=True),
                Cell("score", "number", low=0, high=SCORE_HIGHEST),
                Cell("outcome", allowed=OUTCOMES),
                Cell("graded_at", "time", required=True, low=EARLIEST_TIME),
                recorded_at,
            ),
        ),
    ]
