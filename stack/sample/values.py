"""Measured values of a key result along its path, in its own unit and rounding."""

from __future__ import annotations

import numpy as np

from stack.sample.goals import KeyResult
from stack.sample.paths import CLOSE, CONTROL_REACH, POINTS, Array

__all__ = ["final_share", "moved_target", "values_along"]

NOISY = 0.9
"""Share of levels whose measurement wobbles from week to week."""


def moved_target(key_result: KeyResult, factor: float) -> float:
    """The target when only (or more than) a part of the planned way is asked for."""
    if factor == 1.0:
        return key_result.target
    way = (key_result.target - key_result.start) * factor
    moved = round(key_result.start + way, key_result.template.decimals)
    return moved if moved != key_result.start else key_result.target


def values_along(rng: np.random.Generator, key_result: KeyResult, reach: Array, progress: Array) -> Array:
    """Values at the 14 points of a path (one row of `Paths`)."""
    noise = rng.normal(0, 1, POINTS)
    wobbles = rng.random() < NOISY
    side = 1 if rng.random() < 0.5 else -1
    if key_result.kind == "metric":
        return _metric(key_result, progress, noise if wobbles else noise * 0)
    if key_result.kind == "binary":
        return np.where(progress >= 0.8, 1.0, 0.0)
    if key_result.kind == "milestone":
        way = key_result.target - key_result.start
        return np.asarray(key_result.start + np.floor(np.clip(progress, 0, 1) * way + 0.25))
    return _control(key_result, reach - CONTROL_REACH, noise, side)


def _metric(key_result: KeyResult, progress: Array, noise: Array) -> Array:
    template, way = key_result.template, key_result.target - key_result.start
    if template.accumulates:
        return np.asarray(key_result.start + np.floor(progress * way + 0.1))
    moving = np.concatenate([[True], np.abs(np.diff(progress)) > 1e-9])
    value = key_result.start + way * (progress + 0.064 * noise * moving * (progress > 0.02))
    value[CLOSE] = key_result.start + way * progress[CLOSE]
    for point in range(1, CLOSE):
        if not moving[point]:
            value[point] = value[point - 1]
    ceiling = 100.0 if template.unit == "%" and key_result.target <= 100 else np.inf
    return np.asarray(np.round(np.clip(value, 0, ceiling), template.decimals))


def _control(key_result: KeyResult, distance: Array, noise: Array, side: int) -> Array:
    if key_result.kind == "stay_at_most":
        return _consumption(key_result, distance)
    wobble = np.clip(distance, -2, 1.5) + 0.18 * noise
    wobble[CLOSE] = np.clip(distance[CLOSE], -2, 1.5)
    if key_result.kind == "range":
        return _within(key_result, wobble, side)
    bound, unit, decimals = key_result.target, key_result.template.unit, key_result.template.decimals
    room = (100 - bound) * 0.4 if unit == "%" and bound > 85 else bound * 0.035
    value = bound + room * wobble - np.where(wobble < 0, 10.0**-decimals, 0)
    return np.asarray(np.round(np.minimum(value, 100.0 if unit == "%" else np.inf), decimals))


def _consumption(key_result: KeyResult, distance: Array) -> Array:
    """What is used up so far of a budget, if it goes on like this until the close."""
    bound, decimals = key_result.target, key_result.template.decimals
    unit = 10.0**-decimals
    full = np.maximum(bound * (1 - 0.35 * distance), 0)
    over = np.maximum(np.ceil(full / unit) * unit, bound + unit)
    full = np.where(distance >= 0, np.floor(full / unit) * unit, over)
    used = np.floor(full * np.linspace(1 / POINTS, 1, POINTS) / unit) * unit
    used[CLOSE] = full[CLOSE]
    return np.asarray(np.round(np.maximum.accumulate(used), decimals))


def _within(key_result: KeyResult, wobble: Array, side: int) -> Array:
    """A level inside its range, or beyond one of its two ends while things go badly."""
    low, high, decimals = key_result.target, key_result.upper, key_result.template.decimals
    half = (high - low) / 2
    value = low + half + side * half * (1 - 0.6 * wobble)
    beyond = value + side * 10.0**-decimals
    return np.asarray(np.round(np.where(wobble < 0, beyond, np.clip(value, low, high)), decimals))


def final_share(key_result: KeyResult, value: float, target: float) -> float:
    """What the final value is worth, ungraded: share of the way; 1 or 0 for levels (kept or not)."""
    if key_result.kind == "maintain_at_least":
        return float(value >= target)
    if key_result.kind == "stay_at_most":
        return float(value <= target)
    if key_result.kind == "range":
        return float(target <= value <= key_result.upper)
    return (value - key_result.start) / (target - key_result.start)
