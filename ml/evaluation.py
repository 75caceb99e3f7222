"""How good forecasts were on cycles never seen, for every forecaster, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.baselines import PRIOR
from ml.calibration import Calibration, calibrate
from ml.parameters import Judging
from ml.ranking import average_precision, roc_auc
from ml.resampling import Estimate, Resampling

__all__ = ["Evaluation", "brier_by_cycle", "evaluate", "populations"]

Array = NDArray[np.float64]
TINY = 1e-15


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one forecaster over one population of test rows.

    Brier score and log loss are means over rows (lower is better); skill is 1 less the ratio to the prior's
    Brier score (above 0 is better); `average_precision` ranks by the chance to miss.
    """

    forecaster: str
    population: str
    rows: int
    key_results: int
    brier_score: Estimate
    brier_skill: Estimate
    log_loss: float
    roc_auc: Estimate
    average_precision: Estimate


def populations(predictions: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Test rows by what is asked of them: all, those not at 100 % yet, and each checkpoint."""
    masks = {
        "all": np.ones(len(predictions), dtype=bool),
        "still open": ~predictions["is_complete"].to_numpy(dtype=bool),
    }
    for checkpoint in sorted(predictions["checkpoint"].unique()):
        masks[f"at {checkpoint} %"] = (predictions["checkpoint"] == checkpoint).to_numpy()
    return masks


def evaluate(
    predictions: pd.DataFrame, names: Sequence[str], resampling: Resampling
) -> tuple[list[Evaluation], dict[str, Calibration]]:
    """Every forecaster over every population, and its calibration over all rows."""
    attained = predictions["attained"].to_numpy(dtype=np.float64)
    masks = populations(predictions)
    prior = (predictions[PRIOR].to_numpy() - attained) ** 2
    found = [
        _evaluate(predictions, name, population, mask, prior, resampling)
        for name in names
        for population, mask in masks.items()
        if mask.any()
    ]
    return found, {name: calibrate(predictions[name].to_numpy(), attained, resampling) for name in names}


def _evaluate(  # noqa: PLR0913, PLR0917 - one figure needs all of them
    predictions: pd.DataFrame,
    name: str,
    population: str,
    mask: NDArray[np.bool_],
    prior: Array,
    resampling: Resampling,
) -> Evaluation:
    attained = predictions["attained"].to_numpy(dtype=np.float64)
    forecast = predictions[name].to_numpy()
    squared = (forecast - attained) ** 2
    resampled, of_prior = resampling.mean(squared, mask), resampling.mean(prior, mask)
    brier = float(squared[mask].mean())
    kept = np.clip(forecast[mask], TINY, 1 - TINY)
    seen = attained[mask]
    weights = np.vstack([np.ones(int(mask.sum())), resampling.weights[:, mask]])
    area = roc_auc(forecast[mask], seen, weights)
    precision = average_precision(1 - forecast[mask], 1 - seen, weights)
    return Evaluation(
        forecaster=name,
        population=population,
        rows=int(mask.sum()),
        key_results=int(predictions.loc[mask, "key_result_key"].nunique()),
        brier_score=resampling.estimate(brier, resampled),
        brier_skill=resampling.estimate(1 - brier / float(prior[mask].mean()), 1 - resampled / of_prior),
        log_loss=float(-(seen * np.log(kept) + (1 - seen) * np.log(1 - kept)).mean()),
        roc_auc=resampling.estimate(float(area[0]), area[1:]),
        average_precision=resampling.estimate(float(precision[0]), precision[1:]),
    )


def brier_by_cycle(
    predictions: pd.DataFrame, names: Sequence[str], judging: Judging, seed: int
) -> pd.DataFrame:
    """Brier score of each forecaster in each test cycle, with an interval over that cycle's objectives."""
    rows = []
    for cycle, part in predictions.groupby("cycle", sort=True):
        resampling = Resampling(part["objective_key"], judging.rounds, judging.level, seed)
        for name in names:
            squared = ((part[name] - part["attained"]) ** 2).to_numpy()
            brier = resampling.estimate(float(squared.mean()), resampling.mean(squared))
            rows.append(
                {
                    "cycle": cycle,
                    "forecaster": name,
                    "key_results": part["key_result_key"].nunique(),
                    "attained": float(part["attained"].mean()),
                    "brier_score": brier.value,
                    "low": brier.low,
                    "high": brier.high,
                    "chosen": part["chosen"].iloc[0],
                }
            )
    return pd.DataFrame(rows)
