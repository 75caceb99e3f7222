"""Folds by cycle, rolling forward: learn from what was graded before a cycle's first forecast, test on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.errors import LeakError
from ml.parameters import History

__all__ = ["Fold", "roll_forward", "verify"]

PERIOD = ["cycle_start_date", "cycle_end_date"]


@dataclass(frozen=True, slots=True)
class Fold:
    """One test cycle: the name and cut-off of the cycle, and positions of rows to learn from and to test on.

    Cycles of the same dates are one (teams may keep calendars of their own). The cut-off is the day of
    the cycle's first forecast; a label counts as known only when it was recorded before that day.
    `kept_apart` counts rows withheld from learning because their lineage or objective is tested.
    """

    cycle: str
    cutoff: pd.Timestamp
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    kept_apart: int


def roll_forward(rows: pd.DataFrame, history: History) -> list[Fold]:
    """The test cycles that have enough labels before them and in them, oldest first."""
    folds = []
    for (start, end), tested in rows.groupby(PERIOD, sort=True):
        cutoff = tested["as_of_date"].min()
        test = rows.index.get_indexer(tested.index)
        known = (rows["label_available_at"] < cutoff) & ~rows.index.isin(tested.index)
        shared = rows["lineage_key"].isin(tested["lineage_key"])
        shared |= rows["objective_key"].isin(tested["objective_key"])
        train = np.flatnonzero(known & ~shared)
        learned = rows.iloc[train]
        if (
            learned["key_result_key"].nunique() < history.minimum_training_labels
            or tested["key_result_key"].nunique() < history.minimum_test_labels
            or learned["attained"].nunique() < 2
        ):
            continue
        fold = Fold(
            cycle=f"{start:%Y-%m-%d}..{end:%Y-%m-%d}",
            cutoff=cutoff,
            train=train,
            test=test,
            kept_apart=int((known & shared).sum()),
        )
        verify(rows, fold)
        folds.append(fold)
    return sorted(folds, key=lambda fold: fold.cutoff)


def verify(rows: pd.DataFrame, fold: Fold) -> None:
    """Raise LeakError when a fold shares a cycle, lineage or objective, or knows a label too early."""
    train, test = rows.iloc[fold.train], rows.iloc[fold.test]
    for name in ("key_result_key", "lineage_key", "objective_key"):
        if shared := set(train[name]) & set(test[name]):
            raise LeakError(f"cycle {fold.cycle}: {name} {min(shared)} is both learned from and tested on")
    learned, tested = (set(part[PERIOD].itertuples(index=False, name=None)) for part in (train, test))
    if learned & tested:
        raise LeakError(f"cycle {fold.cycle} is both learned from and tested on")
    early = train[~(train["label_available_at"] < fold.cutoff)]
    if len(early):
        first = early.iloc[0]
        raise LeakError(
            f"cycle {fold.cycle}: the label of {first['key_result_key']} was recorded "
            f"{first['label_available_at']}, not before the cut-off {fold.cutoff:%Y-%m-%d}"
        )
