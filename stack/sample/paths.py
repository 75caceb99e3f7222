"""What really happens to key results: the path is drawn first, before anybody sees or grades it.

Every key result has a hidden *reach*, a random walk; its standard deviation over all key results is about 1.
Work follows it with a pace of its own (steady, early, late, S-shaped, in steps), may stall for good, and ends
where reach and pace have brought it. Shapes: key results × 14 points (13 weekly check-in days and the close).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stack.sample.goals import KeyResult
from stack.sample.options import Behaviour

__all__ = ["CLOSE", "POINTS", "REACH_ALL", "REACH_NOTHING", "Paths", "draw_paths", "needed_reach"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

POINTS = 14
"""13 weekly check-in days and the close."""
CLOSE = POINTS - 1
MIDDLE = 7
REACH_NOTHING = -1.4
"""Reach at and below which nothing comes out."""
REACH_ALL = 0.92
"""Reach at and above which the whole target is reached."""
CONTROL_REACH = 0.05
"""Reach above which a level is kept."""
PRIORITY_PULL = np.array([0.45, 0.12, -0.2, -0.45, 0.0])
"""What P0 to P3 and no priority add to the reach."""
COMMITTED_PULL = 0.8
"""Commitments are set lower, so that they can be kept in full."""


@dataclass(frozen=True)
class Paths:
    """What really happened."""

    reach: Array
    """Hidden reach at every point."""
    progress: Array
    """Share of the planned way at every point (controls: the reach in units of its bound, see `owners`)."""
    stalled: Flags
    """Whether work had stopped for good."""
    hazard: Array
    """Chance a week to stall, per key result."""
    factor: Array
    """Moved targets: the share of the planned way that is asked for at every point."""
    unseen: Array
    """The part of the reach that comes from the cycle and from priorities, per key result."""
    still_open: Array
    """Variance of the reach at the close as seen from every point."""


def needed_reach(share: Array) -> Array:
    """The reach with which a share of the planned way is made."""
    return REACH_NOTHING + share * (REACH_ALL - REACH_NOTHING)


def draw_paths(
    rng: np.random.Generator, key_results: list[KeyResult], cycle_effect: float, people: Behaviour
) -> Paths:
    """Draw what happens to the key results of one cycle."""
    count = len(key_results)
    ability = np.array([key_result.objective.team.ability for key_result in key_results])
    priority = PRIORITY_PULL[[4 if one.priority is None else one.priority for one in key_results]]
    committed = np.array([one.commitment == "committed" for one in key_results])
    unseen = cycle_effect + priority
    start = ability + unseen + COMMITTED_PULL * committed + rng.normal(0, people.difficulty, count)
    controls = np.array([one.is_control for one in key_results])
    pace = _pace(rng, count)
    spread = _news_spread(people, pace, controls)
    news = np.cumsum(rng.normal(0, 1, (count, CLOSE)) * spread, axis=1)
    reach = np.concatenate([start[:, None], start[:, None] + news], axis=1)
    hazard = people.stall_hazard * np.exp(-0.9 * start)
    hazard = np.clip(hazard, 0.002, 0.12)
    stalled = np.cumsum(rng.random((count, POINTS)) < hazard[:, None], axis=1) > 0
    accumulates = np.array([one.template.accumulates for one in key_results])
    progress = _follow(reach, pace, stalled, accumulates)
    factor = _moved_targets(rng, key_results, reach, progress)
    variance = np.cumsum(spread[:, ::-1] ** 2, axis=1)[:, ::-1]
    still_open = np.concatenate([variance, np.zeros((count, 1))], axis=1)
    return Paths(reach, progress, stalled, hazard, factor, unseen, still_open)


def _news_spread(people: Behaviour, pace: Array, controls: Flags) -> Array:
    """Standard deviation of the news between points; none once the work is through (levels never are)."""
    spread = np.full((len(pace), CLOSE), people.late_news / np.sqrt(CLOSE - MIDDLE))
    spread[:, :MIDDLE] = people.early_news / np.sqrt(MIDDLE)
    return np.asarray(spread * ((pace[:, :CLOSE] < 1) | controls[:, None]))


def _pace(rng: np.random.Generator, count: int) -> Array:
    """Share of the way planned for every point: 0 at the start, 1 at the close, monotone."""
    haste = 1 / rng.uniform(0.28, 1.0, (count, 1))
    elapsed = np.minimum(haste * np.linspace(1 / POINTS, 1, POINTS)[None, :], 1)
    shape = rng.choice(5, count, p=(0.32, 0.18, 0.14, 0.24, 0.12))[:, None]
    power = rng.uniform(1.6, 3.2, (count, 1))
    middle = rng.uniform(0.35, 0.7, (count, 1))
    curve = 1 / (1 + np.exp(-10 * (elapsed - middle)))
    low, high = 1 / (1 + np.exp(10 * middle)), 1 / (1 + np.exp(-10 * (1 - middle)))
    jumps = np.sort(rng.uniform(0.1, 1.0, (count, 3)), axis=1)
    stairs = (elapsed[:, :, None] >= jumps[:, None, :]).mean(axis=2)
    shapes = [
        elapsed + 0 * power,
        (curve - low) / (high - low),
        elapsed**power,
        1 - (1 - elapsed) ** power,
        stairs,
    ]
    pace: Array = np.select([shape == place for place in range(5)], shapes)
    pace[:, CLOSE] = 1.0
    return pace


def _follow(reach: Array, pace: Array, stalled: Flags, accumulates: Flags) -> Array:
    """Follow the reach with the given pace; what is counted never falls, levels fall with the reach."""
    goal = np.clip((reach - REACH_NOTHING) / (REACH_ALL - REACH_NOTHING), 0.0, 1.15)
    progress = np.zeros_like(reach)
    now = np.zeros(len(reach))
    before = np.zeros(len(reach))
    for point in range(POINTS):
        left = np.maximum(1 - before, 1e-9)
        hurry = np.clip((pace[:, point] - before) / left, 0, 1)
        gap = goal[:, point] - now
        step = np.where(gap > 0, hurry * gap, np.where(accumulates, 0.0, np.maximum(hurry, 0.35) * gap))
        now = now + np.where(stalled[:, point], 0.0, step)
        progress[:, point] = now
        before = pace[:, point]
    return progress


def _moved_targets(
    rng: np.random.Generator, key_results: list[KeyResult], reach: Array, progress: Array
) -> Array:
    """Targets of metrics, lowered in the middle when things go badly and raised when they go too well."""
    factor = np.ones_like(reach)
    for place, key_result in enumerate(key_results):
        chance, size, point = rng.random(), rng.random(), int(rng.integers(4, 10))
        if key_result.kind != "metric":
            continue
        needed = needed_reach(np.array(key_result.threshold)).item()
        if reach[place, point] < needed - 0.3 and chance < 0.15:
            factor[place, point:] = 0.6 + 0.25 * size
        elif progress[place, point] > 0.7 and chance < 0.10:
            factor[place, point:] = 1.15 + 0.25 * size
    return factor
