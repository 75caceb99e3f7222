"""Checks that fail when a forecaster could have known its future. A failure bars promotion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.errors import LeakError
from ml.folds import Fold, verify
from ml.forecaster import Forecaster
from ml.parameters import Judging, Parameters
from ml.ranking import roc_auc

__all__ = [
    "Check",
    "check_features",
    "check_folds",
    "check_halfway",
    "check_shuffled",
    "dated_features",
    "single_feature_aucs",
]

# What is known only at close, or says when a row was made rather than what was known then.
FORBIDDEN = re.compile(
    r"(^|_)(id|key|date|at|file|row|number|as_of|score|final|grade|graded|attained|outcome|label|lifecycle|cycle|"
    r"closed|archived|publish|seq)(_|$)"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One leakage check: its name, whether it passed, and what was seen."""

    name: str
    passed: bool
    seen: str


def check_features(rows: pd.DataFrame, parameters: Parameters) -> list[Check]:
    """Names, types and times of the rows that are learned from, and each feature's power alone."""
    bad = [name for name in parameters.features if FORBIDDEN.search(name.removeprefix("key_result_"))]
    dated = dated_features(rows, parameters.features)
    late = rows["label_available_at"] < rows["as_of_date"] + pd.Timedelta(days=1)
    beyond = rows["as_of_date"] > rows["cycle_end_date"]
    before = rows["as_of_date"] < rows["cycle_start_date"]
    limit = parameters.judging.maximum_single_auc
    strongest, area = max(single_feature_aucs(rows, parameters).items(), key=lambda item: item[1])
    return [
        Check(
            "no identifier, date or outcome among the features",
            not bad + dated,
            ", ".join(bad + dated) or "none",
        ),
        Check("no row made after its label was recorded", not late.any(), f"{int(late.sum())} rows"),
        Check(
            "no row made outside its cycle",
            not (beyond | before).any(),
            f"{int((beyond | before).sum())} rows",
        ),
        Check(
            "no single feature knows the answer",
            area <= limit,
            f"AUC {area:.3f} ({strongest}); limit {limit}",
        ),
    ]


def dated_features(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """The features that are points in time, whatever they are called."""
    return [name for name in names if pd.api.types.is_datetime64_any_dtype(rows[name])]


def single_feature_aucs(rows: pd.DataFrame, parameters: Parameters) -> dict[str, float]:
    """AUC of each feature alone, in either direction, and of its being missing; the worst checkpoint counts.

    A categorical feature counts by each of its words.
    """
    found: dict[str, float] = {}
    for _, part in rows.groupby("checkpoint"):
        attained = part["attained"].to_numpy(dtype=np.float64)
        columns = {name: part[name] for name in parameters.numeric}
        for name in parameters.categorical:
            columns |= {f"{name}={word}": (part[name] == word).astype(float) for word in part[name].unique()}
        for name, column in columns.items():
            for label, values in ((name, column.dropna()), (f"{name} missing", column.isna().astype(float))):
                outcome = attained[part.index.get_indexer(values.index)]
                found[label] = max(
                    found.get(label, 0.5), _either_way(values.to_numpy(dtype=np.float64), outcome)
                )
    return found


def _either_way(values: NDArray[np.float64], attained: NDArray[np.float64]) -> float:
    # On a handful of values a perfect order is luck, not a leak.
    if min(attained.sum(), (1 - attained).sum()) < 10:
        return 0.5
    area = float(roc_auc(values, attained, np.ones((1, len(values))))[0])
    return max(area, 1 - area)


def check_folds(rows: pd.DataFrame, folds: Sequence[Fold]) -> Check:
    """Cycle, lineage, objective and time of every fold, seen again from outside."""
    name = "no cycle, lineage, objective or late label on both sides of a fold"
    try:
        for fold in folds:
            verify(rows, fold)
    except LeakError as leak:
        return Check(name, passed=False, seen=str(leak))
    apart = sum(fold.kept_apart for fold in folds)
    return Check(name, passed=True, seen=f"{len(folds)} folds, {apart} rows kept apart")


def check_halfway(predictions: pd.DataFrame, name: str, judging: Judging) -> Check:
    """Nobody forecasts this well at half-time on honest data: an audit has to come first."""
    half = predictions[predictions["checkpoint"] == "50"]
    attained = half["attained"].to_numpy(dtype=np.float64)
    area = float(roc_auc(half[name].to_numpy(), attained, np.ones((1, len(half))))[0]) if len(half) else 0.5
    limit = judging.maximum_halfway_auc
    return Check("not too good to be true at half-time", not area > limit, f"AUC {area:.3f}; limit {limit}")


def check_shuffled(
    rows: pd.DataFrame, folds: Sequence[Fold], model: Forecaster, parameters: Parameters
) -> Check:
    """Learning from labels shuffled among key results must not forecast the shuffled labels of unseen cycles.

    If it does, rows of one key result lie on both sides or a feature carries the label.
    """
    judging = parameters.judging
    random = np.random.default_rng(parameters.seed)
    labels = rows.groupby("key_result_key")["attained"].first()
    areas = []
    for _ in range(judging.shuffles):
        shuffled = pd.Series(random.permutation(labels.to_numpy()), index=labels.index)
        attained = rows["key_result_key"].map(shuffled)
        for fold in folds[-judging.shuffled_folds :]:
            learned, seen = attained.iloc[fold.train], attained.iloc[fold.test].to_numpy(dtype=np.float64)
            if learned.nunique() < 2:
                continue
            forecast = model.forecast(model.fit(rows.iloc[fold.train], learned), rows.iloc[fold.test])
            areas.append(float(roc_auc(forecast, seen, np.ones((1, len(seen))))[0]))
    area = float(np.nanmean(areas)) if areas else 0.5
    limit = judging.maximum_shuffled_auc
    return Check("shuffled labels teach nothing", area <= limit, f"mean AUC {area:.3f}; limit {limit}")
