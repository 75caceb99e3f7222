"""Bootstrap over objectives: whole objectives are drawn, because their key results rise and fall together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Estimate", "Resampling"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the interval of it over resamples; NaN where it is not defined."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


class Resampling:
    """Weights of rows in each resample: the number of times their objective was drawn.

    `weights` has a row per resample and a column per data row; the same resamples serve every figure, so
    differences between forecasters are paired.
    """

    def __init__(self, groups: pd.Series, rounds: int, level: float, seed: int) -> None:
        codes, names = pd.factorize(groups, sort=True)
        even = np.full(len(names), 1 / len(names))
        drawn = np.random.default_rng(seed).multinomial(len(names), even, size=rounds)
        self.weights: Array = drawn[:, codes].astype(np.float64)
        self.level = level

    def mean(self, values: Array, mask: NDArray[np.bool_] | None = None) -> Array:
        """Mean of the values in each resample; over the rows of the mask only."""
        kept = np.ones(len(values)) if mask is None else mask.astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Array = (self.weights @ (values * kept)) / (self.weights @ kept)
        return means

    def estimate(self, value: float, resampled: Array) -> Estimate:
        """The figure with the percentiles that enclose `level` of its resamples."""
        defined = resampled[np.isfinite(resampled)]
        if not len(defined) or not np.isfinite(value):
            return Estimate(value, float("nan"), float("nan"))
        tail = (1 - self.level) / 2
        low, high = np.quantile(defined, [tail, 1 - tail])
        return Estimate(float(value), float(low), float(high))

    def difference(self, ours: Array, theirs: Array) -> Estimate:
        """Mean of ours less theirs, row by row, with its interval."""
        paired = ours - theirs
        return self.estimate(float(paired.mean()), self.mean(paired))
