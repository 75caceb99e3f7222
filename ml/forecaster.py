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
        text = f"{self.columns}{clone(self.estimator).__repr__(N_CHAR_MAX=1_000_000)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def fit(self, rows: pd.DataFrame, attained: pd.Series) -> Any:
        """A fresh estimator fitted to the rows given, and to nothing else."""
        return clone(self.estimator).fit(rows[list(self.columns)], attained.to_numpy())

    def forecast(self, fitted: Any, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Probability of attainment for each row, by a fitted estimator."""
        return np.asarray(fitted.predict_proba(rows[list(self.columns)])[:, 1], dtype=np.float64)
