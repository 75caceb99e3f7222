"""A forecaster: a name, the columns it is given, and an unfitted stock scikit-learn estimator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

__all__ = ["Forecaster"]


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Something that gives the probability that a key result will be attained at close.

    `name` is for tables, `title` for people. `columns` are all it ever sees.
    """

    name: str
    title: str
    is_baseline: bool
    columns: tuple[str, ...]
    estimator: Any

    @property
    def recipe(self) -> str:
        """Digest of what is fitted to which columns; the same for two fits of the same forecaster."""
        return hashlib.sha256(repr((self.columns, _described(self.estimator))).encode()).hexdigest()[:16]

    def fit(self, rows: pd.DataFrame, attained: pd.Series) -> Any:
        """A fresh estimator fitted to the rows given, and to nothing else."""
        return clone(self.estimator).fit(rows[list(self.columns)], attained.to_numpy())

    def forecast(self, fitted: Any, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Probability of attainment for each row, by a fitted estimator."""
        return np.asarray(fitted.predict_proba(rows[list(self.columns)])[:, 1], dtype=np.float64)


def _described(value: Any) -> Any:
    """An estimator by its class and parameters, however it is nested; fitted or not is the same."""
    if hasattr(value, "get_params"):
        parameters = value.get_params(deep=False)
        return type(value).__name__, [(name, _described(parameters[name])) for name in sorted(parameters)]
    if isinstance(value, list | tuple):
        return [_described(one) for one in value]
    return str(value)
