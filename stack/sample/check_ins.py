"""Check-ins as owners make them: weekly in principle, with gaps, and silence when things go badly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from stack.sample.clock import office_time, written
from stack.sample.comments import CLOSING_COMMENTS, comment_on
from stack.sample.goals import KeyResult, number
from stack.sample.options import Behaviour
from stack.sample.paths import CLOSE
from stack.sample.records import Row, yes_or_no
from stack.sample.statuses import closing_word, health_word
from stack.sample.stories import Story

__all__ = ["CheckIn", "as_row", "honest_check_ins"]

TROUBLE = -0.35
"""Distance below the bar from which owners go silent."""
CLOSING_SHARE = 0.45
"""Share of key results with a last reading typed in after the end of the cycle."""


@dataclass(frozen=True)
class CheckIn:
    """One check-in as recorded."""

    check_in_id: str
    key_result: KeyResult
    day: date
    value: float | None
    confidence: int | None
    status: str
    comment: str
    author: str
    recorded_at: datetime
    is_deleted: bool = False


def as_row(check_in: CheckIn) -> Row:
    """The check-in as a row of its file."""
    key_result = check_in.key_result
    return check_in.recorded_at, (
        check_in.check_in_id,
        key_result.key_result_id,
        check_in.day.isoformat(),
        "" if check_in.value is None else number(check_in.value, key_result.template.decimals),
        "" if check_in.confidence is None else str(check_in.confidence),
        check_in.status,
        key_result.objective.team.vocabulary if check_in.status else "",
        check_in.comment,
        check_in.author,
        yes_or_no(check_in.is_deleted),
        written(check_in.recorded_at),
    )


def honest_check_ins(rng: np.random.Generator, story: Story, people: Behaviour) -> list[CheckIn]:
    """The check-ins of a key result, recorded on their day, and often a last reading after the close."""
    check_ins: list[CheckIn] = []
    value: float | None = None
    until = CLOSE if story.dropped_at is None else story.dropped_at
    for point in range(until):
        chance, copies = rng.random(), rng.random() < 0.08
        if chance > _diligence(story, point, people):
            continue
        value = value if copies and value is not None else float(story.values[point])
        check_ins.append(_check_in(rng, story, point, value, people))
    if story.dropped_at is None and rng.random() < CLOSING_SHARE:
        check_ins.append(_closing(rng, story, len(check_ins)))
    return [
        replace(one, check_in_id=_name(one.key_result, place)) for place, one in enumerate(check_ins, start=1)
    ]


def _name(key_result: KeyResult, place: int) -> str:
    return f"C-{key_result.key_result_id[3:]}-{place:02d}"


def _diligence(story: Story, point: int, people: Behaviour) -> float:
    """The chance that a due check-in is made."""
    key_result, day = story.key_result, story.days[point]
    if day < key_result.created_at.date():
        return 0.0
    chance = key_result.objective.team.discipline
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 3) or day.month == 8:
        chance *= 0.7
    if not key_result.author(day).works_on(day):
        chance *= 0.15
    if story.distances[point] < TROUBLE:
        chance *= people.silence
    return chance


def _check_in(rng: np.random.Generator, story: Story, point: int, value: float, people: Behaviour) -> CheckIn:
    key_result, day = story.key_result, story.days[point]
    team, chance = key_result.objective.team, float(story.chances[point])
    confidence = round(10 * chance)
    started = point > 2 or value != key_result.start
    comment = comment_on(
        rng, float(story.distances[point]), chance, people.candour, _neighbour(rng, key_result)
    )
    with_confidence, with_status = rng.random() > 0.05, rng.random() > 0.04
    return CheckIn(
        check_in_id="",
        key_result=key_result,
        day=day,
        value=value,
        confidence=confidence if with_confidence else None,
        status=health_word(team.vocabulary, confidence, started) if with_status else "",
        comment=comment,
        author=key_result.author(day).email,
        recorded_at=office_time(rng, day, key_result.objective.unit.zone),
    )


def _neighbour(rng: np.random.Generator, key_result: KeyResult) -> str:
    teams = key_result.objective.unit.teams
    return teams[int(rng.integers(len(teams)))].name


def _closing(rng: np.random.Generator, story: Story, place: int) -> CheckIn:
    """The last reading, for the last day of the cycle and recorded in the days after it."""
    key_result, day = story.key_result, story.days[CLOSE]
    objective = key_result.objective
    typed = day + timedelta(days=int(rng.integers(1, 10)))
    return CheckIn(
        check_in_id="",
        key_result=key_result,
        day=day,
        value=float(story.values[CLOSE]),
        confidence=None,
        status=closing_word(objective.team.vocabulary, story.share, key_result.threshold),
        comment=CLOSING_COMMENTS[int(rng.integers(len(CLOSING_COMMENTS)))],
        author=key_result.author(day).email,
        recorded_at=office_time(rng, typed, objective.unit.zone),
    )
