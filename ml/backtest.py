"""Forecasts for cycles that the forecaster had not seen: every forecaster refitted for every test cycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from ml.folds import Fold
from ml.forecaster import Forecaster

__all__ = ["MODEL", "backtest", "choose"]

MODEL = "model"
KEPT = [
    "key_result_key", "objective_key", "checkpoint", "as_of_date", "attained", "label_available_at",
]  # fmt: skip


def backtest(
    rows: pd.DataFrame,
    folds: Sequence[Fold],
    forecasters: Sequence[Forecaster],
    models: Sequence[Forecaster],
    tell: Callable[[int, int, str], None] = lambda done, total, text: None,
) -> pd.DataFrame:
    """Test rows of all folds with one column of probabilities a forecaster, with `cycle`, `chosen`
    and `is_complete` (progress was at 100 % already).

    The column `model` is the forecast of the candidate that was best on earlier test cycles, judged only by
    labels known at the cut-off: the choice between candidates is part of what is tested. `chosen` names it.
    """
    parts: list[pd.DataFrame] = []
    for number, fold in enumerate(folds):
        train, test = rows.iloc[fold.train], rows.iloc[fold.test]
        part = test[KEPT].copy()
        part["cycle"] = fold.cycle
        part["is_complete"] = test["progress"] >= 1
        for forecaster in [*forecasters, *models]:
            part[forecaster.name] = forecaster.forecast(forecaster.fit(train, train["attained"]), test)
        part["chosen"] = choose(parts, models, fold.cutoff)
        part[MODEL] = part[part["chosen"].iloc[0]]
        parts.append(part)
        tell(number + 1, len(folds), fold.cycle)
    return pd.concat(parts, ignore_index=True)


def choose(parts: Sequence[pd.DataFrame], models: Sequence[Forecaster], cutoff: pd.Timestamp) -> str:
    """Name of the candidate with the lowest Brier score on earlier cycles' labels known before the cut-off.

    Without such labels it is the first candidate of `parameters.yml`.
    """
    known = [part[part["label_available_at"] < cutoff] for part in parts]
    seen = pd.concat(known) if known else pd.DataFrame()
    if seen.empty:
        return models[0].name
    losses = [float(((seen[model.name] - seen["attained"]) ** 2).mean()) for model in models]
    return models[losses.index(min(losses))].name
