"""Versions of objectives and key results: planned, re-targeted, handed over, dropped, carried, closed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np

from stack.sample.clock import office_time, written
from stack.sample.goals import KeyResult, Objective, number
from stack.sample.organisation import Person
from stack.sample.records import Row
from stack.sample.stories import Story

__all__ = ["key_result_versions", "objective_versions"]

Dates = tuple[date, datetime]
Held = tuple[float, Person]

PRIORITY_LABELS = ("P0", "P1", "P2", "P3")


def objective_versions(objective: Objective) -> list[Row]:
    """The objective as planned and, where the team closes its cycles in the tool, as closed."""
    rows = [_objective(objective, "active", objective.quarter.start, objective.created_at)]
    if objective.closed_at:
        closing_day = objective.quarter.end + timedelta(days=1)
        rows.append(_objective(objective, "closed", closing_day, objective.closed_at))
    return rows


def _objective(objective: Objective, lifecycle: str, day: date, recorded: datetime) -> Row:
    return recorded, (
        objective.objective_id,
        objective.quarter.cycle_id,
        objective.team.team_id,
        objective.theme.title,
        objective.theme.description,
        objective.owner.email,
        objective.parent.objective_id if objective.parent else "",
        lifecycle,
        day.isoformat(),
        written(recorded),
    )


def key_result_versions(rng: np.random.Generator, story: Story) -> list[Row]:
    """Every version of a key result in the order of its recording."""
    key_result = story.key_result
    quarter, zone = key_result.objective.quarter, key_result.objective.unit.zone
    begins = max(quarter.start, key_result.created_at.date())
    held: Held = (story.targets[0], key_result.owner)
    given_up = None
    rows = []
    if key_result.drafted and key_result.created_at.date() < quarter.start:
        rows.append(_version(story, "draft", (key_result.created_at.date(), key_result.created_at), held))
        rows.append(_version(story, "active", (begins, office_time(rng, begins, zone)), held))
    else:
        rows.append(_version(story, "active", (begins, key_result.created_at), held))
    for day, change in _changes(story):
        if given_up or day <= begins:
            continue
        held = (
            change if isinstance(change, float) else held[0],
            change if isinstance(change, Person) else held[1],
        )
        given_up = day if change is None else None
        recorded = office_time(rng, day + timedelta(days=int(rng.integers(0, 5))), zone)
        rows.append(_version(story, "dropped" if given_up else "active", (day, recorded), held))
    end = "carried_forward" if story.carried else "closed"
    if not given_up and (story.carried or key_result.objective.closed_at):
        closing = key_result.objective.closing_time()
        rows.append(_version(story, end, (quarter.end + timedelta(days=1), closing), held))
    return rows


def _changes(story: Story) -> list[tuple[date, float | Person | None]]:
    """What changes within the cycle, by day: a new target, a new owner, or nothing more to come (dropped)."""
    changes: list[tuple[date, float | Person | None]] = [
        (story.days[point], story.targets[point])
        for point in range(1, len(story.days))
        if story.targets[point] != story.targets[point - 1]
    ]
    if story.key_result.replaced_on and story.key_result.replaced_by:
        changes.append((story.key_result.replaced_on, story.key_result.replaced_by))
    if story.dropped_at is not None:
        changes.append((story.days[story.dropped_at], None))
    return sorted(changes, key=lambda change: change[0])


def _version(story: Story, lifecycle: str, dates: Dates, held: Held) -> Row:
    """A version with the day it holds from, the time it was recorded, and the target and owner it holds."""
    key_result, (day, recorded), (target, owner) = story.key_result, dates, held
    start, goal, lower, upper = _numbers(key_result, target)
    return recorded, (
        key_result.key_result_id,
        key_result.objective.objective_id,
        key_result.title,
        key_result.kind,
        key_result.template.unit,
        start,
        goal,
        lower,
        upper,
        "" if key_result.weight is None else str(key_result.weight),
        key_result.commitment,
        owner.email,
        "" if key_result.priority is None else PRIORITY_LABELS[key_result.priority],
        lifecycle,
        key_result.predecessor.key_result_id if key_result.predecessor else "",
        day.isoformat(),
        written(recorded),
    )


def _numbers(key_result: KeyResult, target: float) -> tuple[str, str, str, str]:
    """Start, target, lower and upper bound as written; a kind has only the numbers it needs."""
    decimals = key_result.template.decimals
    if key_result.kind == "maintain_at_least":
        return "", "", number(target, decimals), ""
    if key_result.kind == "stay_at_most":
        return "", "", "", number(target, decimals)
    if key_result.kind == "range":
        return "", "", number(target, decimals), number(key_result.upper, decimals)
    return number(key_result.start, decimals), number(target, decimals), "", ""
