"""Refits of one forecaster on resampled objectives: how much a forecast hangs on the history at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.forecaster import Forecaster

__all__ = ["interval", "refit"]

Array = NDArray[np.float64]


def refit(forecaster: Forecaster, rows: pd.DataFrame, count: int, seed: int) -> list[Any]:
    """`count` fits, each on as many objectives, drawn with replacement, as there are.

    A draw that holds one class only is drawn again.
    """
    random = np.random.default_rng(seed)
    positions = list(rows.groupby("objective_key", sort=True).indices.values())
    fitted: list[Any] = []
    for _ in range(count * 10):
        drawn = random.integers(len(positions), size=len(positions))
        sample = rows.iloc[np.concatenate([positions[number] for number in drawn])]
        if sample["attained"].nunique() == 2:
            fitted.append(forecaster.fit(sample, sample["attained"]))
        if len(fitted) == count:
            break
    return fitted


def interval(
    forecaster: Forecaster, refits: Sequence[Any], rows: pd.DataFrame, forecast: Array, level: float
) -> tuple[Array, Array]:
    """Ends of the middle `level` of the refits' forecasts, widened to hold the forecast itself."""
    spread = np.vstack([forecaster.forecast(fitted, rows) for fitted in refits])
    tail = (1 - level) / 2
    low, high = np.quantile(spread, [tail, 1 - tail], axis=0)
    return np.minimum(low, forecast), np.maximum(high, forecast)
