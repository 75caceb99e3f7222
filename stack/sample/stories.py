"""The story of a key result in its cycle: what happened, what its owner believes, how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from stack.sample.goals import KeyResult
from stack.sample.options import Behaviour
from stack.sample.owners import believed_chances, true_distance
from stack.sample.paths import CLOSE, Array, Paths, draw_paths
from stack.sample.values import final_share, moved_target, values_along

__all__ = ["Story", "tell_stories"]


@dataclass(frozen=True)
class Story:
    """One key result, point by point (13 check-in days and the close)."""

    key_result: KeyResult
    days: list[date]
    values: Array
    chances: Array
    """What the owner believes, 0..1."""
    distances: Array
    """How far above the bar things really stand, on the latent scale."""
    targets: list[float]
    """The target as it stands at every point."""
    share: float
    """What the final value is worth, ungraded; may exceed 1."""
    dropped_at: int | None
    """The point from which the key result is given up."""
    carried: bool
    """Whether it goes on in the next cycle."""


def tell_stories(
    rng: np.random.Generator, key_results: list[KeyResult], cycle_effect: float, people: Behaviour
) -> list[Story]:
    """Draw paths, beliefs and ends of all key results of one cycle."""
    paths = draw_paths(rng, key_results, cycle_effect, people)
    chances = believed_chances(rng, key_results, paths, people)
    distances = true_distance(key_results, paths)
    return [
        _story(rng, key_result, _Line(paths, place), chances[place], distances[place])
        for place, key_result in enumerate(key_results)
    ]


@dataclass(frozen=True)
class _Line:
    """One key result's line of the paths."""

    paths: Paths
    place: int


def _story(
    rng: np.random.Generator, key_result: KeyResult, line: _Line, chances: Array, distances: Array
) -> Story:
    paths, place = line.paths, line.place
    values = values_along(rng, key_result, paths.reach[place], paths.progress[place])
    targets = [moved_target(key_result, float(factor)) for factor in paths.factor[place]]
    share = final_share(key_result, float(values[CLOSE]), targets[CLOSE])
    drop, point, carry = rng.random(), int(rng.integers(3, 12)), rng.random()
    dropped = drop < (0.095 if distances[point] < -0.3 else 0.02)
    carried = (
        key_result.kind in ("metric", "milestone")
        and 0.1 < share < 0.85 * key_result.threshold
        and carry < 0.24
    )
    return Story(
        key_result, _days(key_result), values, chances, distances, targets, share,
        point if dropped else None, carried and not dropped,
    )  # fmt: skip


def _days(key_result: KeyResult) -> list[date]:
    """The team's weekly check-in days and the last day of the cycle."""
    quarter = key_result.objective.quarter
    first = quarter.start + timedelta(days=(key_result.objective.team.weekday - quarter.start.weekday()) % 7)
    weekly = [min(first + timedelta(days=7 * week), quarter.end) for week in range(CLOSE)]
    return [*weekly, quarter.end]
