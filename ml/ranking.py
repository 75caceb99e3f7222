"""Areas under ROC and precision-recall curves for many weightings of the same rows at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["average_precision", "roc_auc"]

Array = NDArray[np.float64]


def roc_auc(score: Array, happened: Array, weights: Array) -> Array:
    """Weighted area under the ROC curve, one value a row of weights; ties count half (Mann-Whitney).

    NaN where a weighting leaves only one class.
    """
    positive, negative = _tied_sums(score, happened, weights)
    below = np.cumsum(negative, axis=1) - negative / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        area: Array = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return area


def average_precision(score: Array, happened: Array, weights: Array) -> Array:
    """Weighted average precision, one value a row of weights; equal scores are one threshold.

    Defined as scikit-learn's `average_precision_score`. NaN where nothing happened.
    """
    positive, negative = _tied_sums(-score, happened, weights)
    hits = np.cumsum(positive, axis=1)
    named = hits + np.cumsum(negative, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(named > 0, hits / named, 0.0)
        area: Array = (positive * precision).sum(axis=1) / positive.sum(axis=1)
    return area


def _tied_sums(score: Array, happened: Array, weights: Array) -> tuple[Array, Array]:
    """Weight of what happened and of what did not, summed over equal scores, in ascending order of score."""
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    weighted = weights[:, order]
    positive = np.add.reduceat(weighted * happened[order], starts, axis=1)
    return positive, np.add.reduceat(weighted, starts, axis=1) - positive
