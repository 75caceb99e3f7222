"""Whether history helps models trained on the past: it must with the signal, and must not without."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

BASELINES = ["team_record", "progress", "pace_gap", "confidence"]
FEATURES = [
    *BASELINES,
    *("progress_raw", "confidence_change", "severity", "check_ins", "days_since", "slope", "volatility"),
    *("negations", "negations_last", "priority_rank", "is_committed", "target_changes", "team_labels"),
    *("is_metric", "is_binary", "is_milestone", "is_maintain_at_least", "is_stay_at_most", "is_range"),
]
WARM_UP = 3


def logistic(strength):
    return make_pipeline(
        SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(C=strength, max_iter=1000)
    )


def boosting():
    return HistGradientBoostingClassifier(
        max_depth=3, learning_rate=0.05, max_iter=80, min_samples_leaf=20, l2_regularization=5, random_state=0
    )


def forecasts(written):
    """Rolling forward: every cycle forecast at half time by models that saw only what was graded by then."""
    rows = written.at(0.5).dropna(subset=["attained"])
    told = []
    for cycle in written.closed_cycles[WARM_UP:]:
        test = rows[rows.cycle == cycle].copy()
        train = rows[(rows.cycle < cycle) & (rows.recorded < test.cut.iloc[0])]
        for name, columns, model in (
            ("confidence_only", ["confidence"], logistic(1.0)),
            ("baseline", BASELINES, logistic(1.0)),
            ("straight", FEATURES, logistic(0.1)),
            ("boosted", FEATURES, boosting()),
        ):
            test[name] = model.fit(train[columns], train.attained).predict_proba(test[columns])[:, 1]
        test["model"] = (test.straight + test.boosted) / 2
        told.append(test)
    return pd.concat(told, ignore_index=True)


def gain(told, model, baseline):
    """Fall of the Brier score from baseline to model, with a 95 % bootstrap interval over objectives."""
    losses = (told[baseline] - told.attained) ** 2 - (told[model] - told.attained) ** 2
    by_objective = losses.groupby(told.objective_id).agg(["sum", "count"]).to_numpy()
    picks = np.random.default_rng(0).integers(0, len(by_objective), (1000, len(by_objective)))
    sums = by_objective[picks].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
    return losses.mean(), low, high


@pytest.mark.slow
def test_history_beats_the_forecasts_of_the_owners(with_signal):
    told = forecasts(with_signal)
    assert len(told) >= 700
    for baseline in ("confidence_only", "baseline"):
        mean, low, _ = gain(told, "model", baseline)
        assert mean > 0.008
        assert low > 0
    assert roc_auc_score(told.attained, told.model) < 0.93


@pytest.mark.slow
def test_history_adds_nothing_where_the_owners_know_all(without_signal):
    told = forecasts(without_signal)
    assert len(told) >= 700
    for model in ("model", "straight", "boosted"):
        _, low, _ = gain(told, model, "baseline")
        assert low <= 0
    mean, _, _ = gain(told, "model", "baseline")
    assert mean < 0.003
    assert roc_auc_score(told.attained, told.confidence_only) < 0.93
