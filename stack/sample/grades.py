"""Grades: given by people after the close, from the true final value, with noise, late or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from stack.sample.clock import office_time, written
from stack.sample.records import Row
from stack.sample.stories import Story

__all__ = ["grade_stories"]

METHODS = ("review", "self", "calculated")
LEAST_UNGRADED, MOST_UNGRADED = 0.1, 0.7
UNGRADED_SKEW = 1.6
CONTRAST = 1.35
"""Graders make good results a little better and poor ones a little poorer."""


def grade_stories(rng: np.random.Generator, stories: list[Story]) -> list[Row]:
    """Rows of the scores of one team in one cycle; a share of the key results never gets one."""
    dropped = [story for story in stories if story.dropped_at is not None]
    rest = [story for story in stories if story.dropped_at is None]
    share = LEAST_UNGRADED + (MOST_UNGRADED - LEAST_UNGRADED) * rng.random() ** UNGRADED_SKEW
    left_out = int(np.clip(share * len(rest) + rng.random(), min(1, len(rest)), 0.8 * len(rest)))
    graded = [rest[int(place)] for place in rng.permutation(len(rest))[left_out:]]
    rows = [row for story in graded for row in _graded(rng, story)]
    return rows + [_dropped(rng, story) for story in dropped if rng.random() < 0.6]


def _graded(rng: np.random.Generator, story: Story) -> list[Row]:
    when = _grading_time(rng, story)
    score = _judge(rng, story)
    if story.carried:
        text = f"{score:.2f}" if rng.random() < 0.35 else ""
        return [_row(rng, story, text, "carried_forward", when)]
    rows = [_row(rng, story, _in_steps(score), _outcome(score, story), when)]
    if rng.random() < 0.02:
        second = float(np.clip(score + rng.choice((-0.1, 0.1)), 0, 1))
        rows.append(_row(rng, story, _in_steps(second), _outcome(second, story), when + timedelta(days=9)))
    return rows


def _dropped(rng: np.random.Generator, story: Story) -> Row:
    text = _in_steps(float(rng.uniform(0, 0.4))) if rng.random() < 0.25 else ""
    return _row(rng, story, text, "dropped", _grading_time(rng, story))


def _judge(rng: np.random.Generator, story: Story) -> float:
    """The score before it is written down: arithmetic first, then judgement where there is room for it."""
    noise, whim = float(rng.normal(0, 0.05)), rng.random()
    if story.key_result.is_control or story.key_result.kind == "binary":
        if story.share >= 1:
            return 1.0
        return round(0.2 + 0.45 * whim, 1) if whim > 0.5 else 0.0
    if story.share >= 1:
        return min(story.share, 1.3) if story.share > 1.08 and whim < 0.15 else 1.0
    if story.share < 0.05 or whim < 0.015:
        return 0.0
    score = float(np.clip(0.65 + CONTRAST * (story.share - 0.65) + noise, 0.05, 1.0))
    return 1.0 if score >= 0.97 else score


def _in_steps(score: float) -> str:
    """Tenths as most people grade; above one as computed."""
    return f"{score:.2f}" if score > 1 else f"{round(score + 1e-9, 1):.1f}"


def _outcome(score: float, story: Story) -> str:
    rounded = float(_in_steps(score))
    if rounded >= story.key_result.threshold:
        return "achieved"
    return "partial" if rounded >= 0.4 else "missed"


def _grading_time(rng: np.random.Generator, story: Story) -> datetime:
    """Some days after the end; a week or two in most teams, five weeks in the slowest cases."""
    objective = story.key_result.objective
    days = int(np.clip(objective.team.grading_days * rng.gamma(4, 0.25), 1, 40))
    return office_time(rng, objective.quarter.end + timedelta(days=days), objective.unit.zone)


def _row(rng: np.random.Generator, story: Story, score: str, outcome: str, when: datetime) -> Row:
    """A score is mostly recorded at once, sometimes when the minutes of the review are typed in."""
    lag = timedelta(minutes=2) if rng.random() < 0.85 else timedelta(hours=float(rng.uniform(2, 120)))
    recorded = when + lag
    method = METHODS[int(rng.choice(3, p=(0.55, 0.3, 0.15)))]
    owner = story.key_result.objective.owner
    grader = story.key_result.owner if method == "self" else owner
    cells = (
        story.key_result.key_result_id,
        score,
        outcome,
        written(when),
        grader.email,
        method,
        written(recorded),
    )
    return recorded, cells
