"""Refits of a forecaster on resampled objectives: how much a forecast hangs on the history at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from ml.forecaster import Forecaster

__all__ = ["interval", "refit"]

Array = NDArray[np.float64]


def refit(forecaster: Forecaster, fitted: Any, rows: pd.DataFrame, count: int, seed: int) -> list[Any]:
    """`count` fits of the classifier, each on as many objectives, drawn with replacement, as there are.

    What prepares its columns stays as it was fitted: only the classifier is fitted anew, and stored.
    A draw that holds one class only is drawn again.
    """
    random = np.random.default_rng(seed)
    prepared = fitted[:-1].transform(rows[list(forecaster.columns)])
    attained = rows["attained"].to_numpy()
    positions = list(rows.groupby("objective_key", sort=True).indices.values())
    refits: list[Any] = []
    for _ in range(count * 10):
        drawn = np.concatenate(
            [positions[number] for number in random.integers(len(positions), size=len(positions))]
        )
        if len(set(attained[drawn])) == 2:
            refits.append(clone(fitted[-1]).fit(prepared[drawn], attained[drawn]))
        if len(refits) == count:
            break
    return refits


def interval(  # noqa: PLR0913, PLR0917 - what was fitted, and what for
    forecaster: Forecaster,
    fitted: Any,
    refits: Sequence[Any],
    rows: pd.DataFrame,
    forecast: Array,
    level: float,
) -> tuple[Array, Array]:
    """Ends of the middle `level` of the refits' forecasts, widened to hold the forecast itself."""
    prepared = fitted[:-1].transform(rows[list(forecaster.columns)])
    spread = np.vstack([classifier.predict_proba(prepared)[:, 1] for classifier in refits])
    tail = (1 - level) / 2
    low, high = np.quantile(spread, [tail, 1 - tail], axis=0)
    return np.minimum(low, forecast), np.maximum(high, forecast)
