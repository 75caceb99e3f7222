"""Calibration: does a forecast of 70 % come true seven times in ten?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.resampling import Estimate, Resampling

__all__ = ["Calibration", "calibrate", "log_odds", "reliability"]

Array = NDArray[np.float64]
TINY = 1e-6
STEPS = 25


@dataclass(frozen=True, slots=True)
class Calibration:
    """Mean forecast less mean outcome; slope of outcome on log odds; expected calibration error.

    Slope and intercept are those of Cox's recalibration: a logistic regression of outcome on log odds.
    A slope below 1 says that the forecasts are too sure of themselves.
    """

    mean_error: Estimate
    slope: Estimate
    expected_error: float

    def is_good(self, maximum_mean_error: float, slope_between: tuple[float, float]) -> bool:
        """The gate's criterion: both figures within the limits of `parameters.yml`."""
        low, high = slope_between
        return abs(self.mean_error.value) <= maximum_mean_error and low <= self.slope.value <= high


def log_odds(probability: Array) -> Array:
    """ln(p / (1 - p)), with p kept a millionth away from 0 and 1."""
    kept = np.clip(probability, TINY, 1 - TINY)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def calibrate(forecast: Array, attained: Array, resampling: Resampling) -> Calibration:
    """Calibration of forecasts on outcomes (0/1), with intervals over the resamples."""
    error = forecast - attained
    slope = _slopes(log_odds(forecast), attained, np.ones((1, len(attained))))
    table = reliability(forecast, attained)
    gaps = (table["forecast"] - table["attained"]).abs() * table["rows"]
    return Calibration(
        mean_error=resampling.estimate(float(error.mean()), resampling.mean(error)),
        slope=resampling.estimate(float(slope[0]), _slopes(log_odds(forecast), attained, resampling.weights)),
        expected_error=float(gaps.sum() / table["rows"].sum()),
    )


def reliability(forecast: Array, attained: Array, bins: int = 10) -> pd.DataFrame:
    """Mean forecast, share attained and number of rows in up to `bins` groups of equal size."""
    frame = pd.DataFrame({"forecast": forecast, "attained": attained})
    group = pd.qcut(frame["forecast"].rank(method="first"), min(bins, len(frame)), labels=False)
    means = frame.groupby(group).mean()
    means["rows"] = frame.groupby(group).size()
    return means.reset_index(drop=True)


def _slopes(x: Array, y: Array, weights: Array) -> Array:
    """Slope of a weighted logistic regression of y on x, one a row of weights, by damped Newton steps.

    NaN where it does not exist (one class only, or forecasts that do not differ).
    """
    centre, scale = float(x.mean()), float(x.std())
    if scale < TINY:
        return np.full(len(weights), np.nan)
    z = (x - centre) / scale
    intercept, slope = np.zeros(len(weights)), np.zeros(len(weights))
    for _ in range(STEPS):
        fitted = 1 / (1 + np.exp(-(intercept[:, None] + slope[:, None] * z)))
        residual, curve = weights * (y - fitted), weights * fitted * (1 - fitted)
        g0, g1 = residual.sum(axis=1), residual @ z
        h00, h01, h11 = curve.sum(axis=1) + TINY, curve @ z, curve @ (z * z) + TINY
        determinant = h00 * h11 - h01 * h01
        step0, step1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        intercept, slope = intercept + np.clip(step0, -2, 2), slope + np.clip(step1, -2, 2)
        if max(np.abs(step0).max(), np.abs(step1).max()) < TINY:
            break
    # Without both classes, or perfectly separated, the regression runs away instead of settling.
    return np.asarray(np.where(np.abs(slope) < 20, slope / scale, np.nan), dtype=np.float64)
