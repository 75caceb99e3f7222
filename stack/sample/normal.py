"""The normal distribution without a heavy import."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["normal_cdf", "normal_quantiles"]

Array = npt.NDArray[np.float64]


def normal_cdf(z: Array) -> Array:
    """Distribution function by Abramowitz and Stegun 26.2.17 (error below 1e-7)."""
    x = np.abs(z)
    t = 1 / (1 + 0.2316419 * x)
    series = 0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    upper = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * t * series
    return np.asarray(np.where(z > 0, 1 - upper, upper))


def normal_quantiles(count: int) -> Array:
    """`count` evenly spread standard normal values (Tukey's approximation), with mean 0."""
    p = (np.arange(count) + 0.5) / count
    return np.asarray(4.91 * (p**0.14 - (1 - p) ** 0.14))
