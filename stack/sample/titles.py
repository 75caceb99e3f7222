"""Drawn numbers of a key result and the title that names them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stack.sample.templates import KeyResultTemplate

__all__ = ["Figures", "draw_figures", "title_of"]


@dataclass(frozen=True)
class Figures:
    """Where a key result starts, where it has to get, and the upper bound of a range."""

    start: float
    target: float
    upper: float


def draw_figures(rng: np.random.Generator, template: KeyResultTemplate) -> Figures:
    """Numbers within the ranges of the template, rounded the way people round goals."""
    if template.kind == "binary":
        return Figures(0.0, 1.0, 1.0)
    if template.kind in ("metric", "milestone") and template.accumulates:
        target = float(_tidy(rng.uniform(*template.change), 0))
        return Figures(0.0, target, target)
    start = float(_tidy(rng.uniform(*template.start), template.decimals))
    if template.kind == "metric":
        target = float(_tidy(start * rng.uniform(*template.change), template.decimals))
        if abs(target - start) < 2 * 10.0**-template.decimals:
            target = start + (2 if template.change[0] > 1 else -2) * 10.0**-template.decimals
        target = round(target, template.decimals)
        return Figures(start, target, target)
    upper = (
        round(start * (1 + rng.uniform(*template.change)), template.decimals)
        if template.kind == "range"
        else start
    )
    return Figures(start, start, upper)


def title_of(template: KeyResultTemplate, figures: Figures) -> str:
    """The title with its numbers, thousands separated."""
    pattern = f",.{template.decimals}f"
    return template.title.format(
        start=format(figures.start, pattern),
        target=format(figures.target, pattern),
        low=format(figures.target, pattern),
        high=format(figures.upper, pattern),
    )


def _tidy(value: float, decimals: int) -> float:
    """Round to the decimals, and large whole numbers to two or three significant digits."""
    if decimals == 0 and abs(value) >= 1000:
        return round(value, 2 - int(np.log10(abs(value))))
    if decimals == 0 and abs(value) >= 200:
        return float(round(value / 10) * 10)
    return round(value, decimals)
