"""Forecasts for a cycle come from its past alone; so does the choice between candidates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.backtest import MODEL, backtest, choose
from ml.baselines import baselines
from ml.folds import roll_forward
from ml.pipeline import candidates


@pytest.mark.trap(10)
def test_the_future_does_not_change_a_forecast(make_rows, known):
    rows = make_rows()
    models = candidates(known)
    folds = roll_forward(rows, known.history)
    told = backtest(rows, folds, baselines(), models)
    changed = rows.copy()
    last = changed["cycle_key"] >= "cycle_04"
    changed.loc[last, "attained"] = 1 - changed.loc[last, "attained"]
    changed.loc[changed["cycle_key"] == "cycle_05", "confidence"] = 0.5
    again = backtest(changed, folds, baselines(), models)
    early = (told["cycle"] < folds[4].cycle).to_numpy()
    for name in [*(one.name for one in [*baselines(), *models]), MODEL]:
        np.testing.assert_array_equal(told.loc[early, name], again.loc[early, name])
    assert not np.allclose(told.loc[~early, MODEL], again.loc[~early, MODEL])


@pytest.mark.trap(10)
def test_a_tested_row_does_not_change_the_forecast_of_another(make_rows, known):
    """Scaling, filling and one-hot words are learned from the past cycles alone."""
    rows = make_rows()
    models, folds = candidates(known), roll_forward(rows, known.history)
    last = rows.index.isin(rows.index[folds[-1].test])
    wild = last & (rows["objective_key"].str[-1] < "5").to_numpy()
    assert 0 < wild.sum() < last.sum()
    changed = rows.copy()
    for name in ("confidence", "progress_slope", "weight", "priority_rank"):
        changed.loc[wild, name] = 1e6
    changed.loc[wild, "key_result_kind"] = "never seen before"
    told = backtest(rows, folds, baselines(), models)
    again = backtest(changed, folds, baselines(), models)
    same = ~told["key_result_key"].isin(rows.loc[wild, "key_result_key"]).to_numpy()
    for name in [*(one.name for one in [*baselines(), *models]), MODEL]:
        np.testing.assert_array_equal(told.loc[same, name], again.loc[same, name])
    assert not np.allclose(told.loc[~same, MODEL], again.loc[~same, MODEL])


def test_every_test_row_is_forecast_once(make_rows, known):
    rows = make_rows()
    folds = roll_forward(rows, known.history)
    told = backtest(rows, folds, baselines(), candidates(known))
    assert not told.duplicated(["key_result_key", "checkpoint"]).any()
    assert len(told) == sum(len(fold.test) for fold in folds)


def test_a_candidate_is_chosen_by_labels_known_at_the_time(known):
    first, second = candidates(known)
    cutoff = pd.Timestamp("2025-01-01")
    early = pd.DataFrame({"attained": [1, 0], first.name: [0.6, 0.4], second.name: [0.9, 0.1]})
    late = pd.DataFrame({"attained": [1, 0] * 9, first.name: [1.0, 0.0] * 9, second.name: [0.0, 1.0] * 9})
    parts = [
        early.assign(label_available_at=pd.Timestamp("2024-12-31")),
        late.assign(label_available_at=cutoff),
    ]
    assert choose(parts, [first, second], cutoff) == second.name
    assert choose(parts, [first, second], pd.Timestamp("2025-02-01")) == first.name
    assert choose([], [first, second], cutoff) == first.name
