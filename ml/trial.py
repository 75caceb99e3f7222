"""One trial: all forecasters on all test cycles, their figures, the leakage checks and the gate's verdict."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml import leakage
from ml.backtest import MODEL, backtest, choose
from ml.baselines import baselines
from ml.calibration import Calibration
from ml.evaluation import Evaluation, evaluate
from ml.events import Reporter
from ml.folds import Fold
from ml.forecaster import Forecaster
from ml.gate import Evidence, Verdict, judge
from ml.parameters import Parameters
from ml.pipeline import candidates
from ml.resampling import Estimate, Resampling

__all__ = ["CHAMPION", "Trial", "run_trial"]

CHAMPION = "champion"


@dataclass(frozen=True, slots=True)
class Trial:
    """What the trial found. `model` is the candidate chosen for use now;"""

    model: Forecaster
    forecasters: Mapping[str, Forecaster]
    predictions: pd.DataFrame
    evaluations: Sequence[Evaluation]
    calibrations: Mapping[str, Calibration]
    checks: Sequence[leakage.Check]
    against: Mapping[str, Estimate]
    verdict: Verdict
    best_baseline: Forecaster
    baseline_over_champion: Estimate | None

    @property
    def titles(self) -> dict[str, str]:
        """Name of every evaluated column, for people."""
        chosen = self.predictions.groupby("chosen")["cycle"].nunique().sort_values(ascending=False)
        mix = ", ".join(f"{name.replace('_', ' ')} in {count}" for name, count in chosen.items())
        return {name: one.title for name, one in self.forecasters.items()} | {MODEL: f"the model ({mix})"}

    def figures(self, population: str = "all") -> list[Evaluation]:
        """Evaluations of one population, in the order of the table."""
        return [found for found in self.evaluations if found.population == population]


def run_trial(
    rows: pd.DataFrame,
    folds: Sequence[Fold],
    champion: Forecaster | None,
    parameters: Parameters,
    reporter: Reporter,
) -> Trial:
    """Let every forecaster forecast every test cycle and put the model before the gate.

    The champion takes part by its recipe, refitted in each fold like all others: its own fit has seen the
    labels of the test cycles.
    """
    models, simple = candidates(parameters), baselines()
    rivals = _with_champion(champion, simple, models)
    predictions = backtest(rows, folds, rivals, models, functools.partial(reporter.progress, "train"))
    judging = parameters.judging
    resampling = Resampling(predictions["objective_key"], judging.rounds, judging.level, parameters.seed)
    found, calibrations = evaluate(predictions, [*(one.name for one in rivals), MODEL], resampling)
    chosen = choose([predictions], models, pd.Timestamp.max)
    model = next(one for one in models if one.name == chosen)
    reigning = next(
        (one.name for one in [*rivals, *models] if champion and one.recipe == champion.recipe), None
    )
    rest = {reigning} - {None, chosen, *(one.name for one in rivals)}
    against = _against(predictions, rivals, rest, resampling)
    checks = _checks(rows, folds, predictions, model, parameters)
    best = min(simple, key=lambda one: float(_losses(predictions, one.name).mean()))
    evidence = Evidence(
        against=against,
        calibration=calibrations[MODEL],
        checks=checks,
        test_cycles=len(folds),
        key_results=int(predictions["key_result_key"].nunique()),
    )
    return Trial(
        model=model,
        forecasters={one.name: one for one in [*rivals, *models]},
        predictions=predictions,
        evaluations=found,
        calibrations=calibrations,
        checks=checks,
        against=against,
        verdict=judge(evidence, judging),
        best_baseline=best,
        baseline_over_champion=None
        if reigning is None
        else resampling.difference(_losses(predictions, best.name), _losses(predictions, reigning)),
    )


def _with_champion(
    champion: Forecaster | None, simple: Sequence[Forecaster], models: Sequence[Forecaster]
) -> list[Forecaster]:
    """The baselines, and the champion where it is none of today's forecasters."""
    if champion is None or champion.recipe in {one.recipe for one in [*simple, *models]}:
        return list(simple)
    title = f"the champion ({champion.title})"
    return [*simple, replace(champion, name=CHAMPION, title=title)]


def _against(
    predictions: pd.DataFrame, rivals: Sequence[Forecaster], reigning: set[str | None], resampling: Resampling
) -> dict[str, Estimate]:
    """The model's Brier score less that of each rival, and of a reigning candidate, by title."""
    titles = {one.name: one.title for one in rivals} | {
        name: f"the champion ({name.replace('_', ' ')})" for name in reigning if name
    }
    ours = _losses(predictions, MODEL)
    return {title: resampling.difference(ours, _losses(predictions, name)) for name, title in titles.items()}


def _checks(
    rows: pd.DataFrame,
    folds: Sequence[Fold],
    predictions: pd.DataFrame,
    model: Forecaster,
    parameters: Parameters,
) -> list[leakage.Check]:
    return [
        *leakage.check_features(rows, parameters),
        leakage.check_folds(rows, folds),
        leakage.check_halfway(predictions, MODEL, parameters.judging),
        leakage.check_shuffled(rows, folds, model, parameters),
    ]


def _losses(predictions: pd.DataFrame, name: str) -> NDArray[np.float64]:
    losses: NDArray[np.float64] = ((predictions[name] - predictions["attained"]) ** 2).to_numpy(np.float64)
    return losses
