"""Templates of objectives and key results, and the short words to write them down with."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "KeyResultTemplate", "Range", "Theme",
    "band", "cap", "count", "done", "fall", "keep", "rise", "steps",
]  # fmt: skip

Range = tuple[float, float]
"""Least and largest value to draw from."""


@dataclass(frozen=True)
class KeyResultTemplate:
    """One kind of key result: what it measures and in what range its numbers lie."""

    title: str
    """With {start}, {target}, {low} or {high} where the drawn numbers go."""
    kind: str
    """metric, maintain_at_least, stay_at_most, range, binary or milestone."""
    unit: str
    start: Range
    change: Range
    """Metric: factor from start to target; counted from zero: the target; range: width / `start`."""
    decimals: int
    accumulates: bool
    """Whether the measured value can only grow (things counted), or may also fall (levels and rates)."""


@dataclass(frozen=True)
class Theme:
    """An objective with the key results that make sense under it."""

    title: str
    description: str
    key_results: tuple[KeyResultTemplate, ...]


def rise(title: str, unit: str, start: Range, factor: Range, decimals: int = 0) -> KeyResultTemplate:
    """A level that has to go up by a factor."""
    return KeyResultTemplate(title, "metric", unit, start, factor, decimals, accumulates=False)


def fall(title: str, unit: str, start: Range, factor: Range, decimals: int = 0) -> KeyResultTemplate:
    """A level that has to go down by a factor below 1."""
    return KeyResultTemplate(title, "metric", unit, start, factor, decimals, accumulates=False)


def count(title: str, unit: str, target: Range) -> KeyResultTemplate:
    """So many things, counted from zero."""
    return KeyResultTemplate(title, "metric", unit, (0, 0), target, 0, accumulates=True)


def keep(title: str, unit: str, bound: Range, decimals: int = 0) -> KeyResultTemplate:
    """A level that may not fall below a bound."""
    return KeyResultTemplate(title, "maintain_at_least", unit, bound, (1, 1), decimals, accumulates=False)


def cap(title: str, unit: str, bound: Range, decimals: int = 0) -> KeyResultTemplate:
    """A budget that is used up over the cycle and may not be exceeded."""
    return KeyResultTemplate(title, "stay_at_most", unit, bound, (1, 1), decimals, accumulates=True)


def band(title: str, unit: str, low: Range, width: Range, decimals: int = 0) -> KeyResultTemplate:
    """A level that has to stay between two bounds."""
    return KeyResultTemplate(title, "range", unit, low, width, decimals, accumulates=False)


def done(title: str) -> KeyResultTemplate:
    """A thing that is done or is not."""
    return KeyResultTemplate(title, "binary", "", (0, 0), (1, 1), 0, accumulates=True)


def steps(title: str, milestones: int) -> KeyResultTemplate:
    """A ladder of milestones fixed in advance; the value is the number of them reached."""
    ladder = (float(milestones), float(milestones))
    return KeyResultTemplate(
        f"{title} ({milestones} milestones)", "milestone", "milestones", (0, 0), ladder, 0, True
    )
