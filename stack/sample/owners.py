"""What owners believe about their key results: the path so far is given, the grade is not known."""

from __future__ import annotations

import numpy as np

from stack.sample.goals import KeyResult
from stack.sample.normal import normal_cdf
from stack.sample.options import Behaviour
from stack.sample.paths import CLOSE, CONTROL_REACH, POINTS, Array, Paths, needed_reach

__all__ = ["believed_chances", "bars", "true_distance"]

CERTAIN = 0.97
"""Nobody is surer than this, even when the target is reached: graders have a say."""
GRADERS = 0.12
"""Standard deviation of what graders add, on the latent scale."""


def bars(key_results: list[KeyResult], paths: Paths, strictness: float = 1.0) -> Array:
    """The reach that is needed at the close, as the target stood at every point."""
    asked = [0.7 + strictness * (one.threshold - 0.7) for one in key_results]
    binary = np.array([one.kind == "binary" for one in key_results])
    threshold = np.where(binary, 0.8, asked)[:, None]
    needed = needed_reach(np.minimum(threshold, 0.97) * paths.factor)
    control = np.array([one.is_control for one in key_results])[:, None]
    return np.where(control, CONTROL_REACH, needed)


def true_distance(key_results: list[KeyResult], paths: Paths) -> Array:
    """How far above the bar things stand in truth; work stalled short of it counts as far below."""
    distance = paths.reach - bars(key_results, paths)
    return np.where(_dead(key_results, paths), -1.5, distance)


def believed_chances(
    rng: np.random.Generator, key_results: list[KeyResult], paths: Paths, people: Behaviour
) -> Array:
    """The owners' chance of attaining at every point, before it is rounded to what a tool takes."""
    count = len(key_results)
    lean = np.array([one.objective.team.bias + one.owner.bias for one in key_results])
    own = rng.normal(0, people.guess_noise * 0.8, (count, 1)) + rng.normal(
        0, people.guess_noise * 0.6, (count, POINTS)
    )
    denies = rng.random(count) < people.denial
    blind = people.blindness * paths.unseen
    seen = paths.reach - blind[:, None] + lean[:, None] + own
    open_weeks = np.arange(CLOSE, -1, -1)[None, :]
    spread = np.sqrt(paths.still_open + GRADERS**2 + 0.5 * people.guess_noise**2)
    chance = normal_cdf((seen - bars(key_results, paths, people.strictness)) / spread)
    control = np.array([one.is_control for one in key_results])[:, None]
    survives = np.where(control, 1.0, (1 - paths.hazard[:, None]) ** open_weeks)
    knows = 1.0 - people.denial
    chance = chance * (survives**knows)
    chance = np.where(_dead(key_results, paths) & ~denies[:, None], 0.03, chance)
    chance = np.where(_there(key_results, paths), CERTAIN, np.clip(chance, 0.02, CERTAIN))
    return np.asarray(chance ** (1 - people.optimism))


def _there(key_results: list[KeyResult], paths: Paths) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether the bar is passed for good: counted things that are done."""
    threshold = np.array([0.8 if one.kind == "binary" else one.threshold for one in key_results])[:, None]
    safe = np.array([one.template.accumulates and not one.is_control for one in key_results])[:, None]
    return (
        (safe | paths.stalled) & ~_control(key_results) & (paths.progress >= threshold * 0.985 * paths.factor)
    )


def _dead(key_results: list[KeyResult], paths: Paths) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether work has stopped short of the bar."""
    return paths.stalled & ~_control(key_results) & ~_there(key_results, paths)


def _control(key_results: list[KeyResult]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.array([one.is_control for one in key_results])[:, None]
