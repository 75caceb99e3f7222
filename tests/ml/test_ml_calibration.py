"""Calibration: figures with a known answer, and the gate's criterion."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ml.calibration import calibrate, log_odds, reliability
from ml.resampling import Resampling

LIMITS = (0.05, (0.75, 1.35))


@pytest.fixture
def resampling() -> Resampling:
    return Resampling(pd.Series(range(3000)), 200, 0.95, 0)


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(1).beta(1.5, 1.5, 3000)


def outcomes(chance: np.ndarray) -> np.ndarray:
    return (np.random.default_rng(2).random(len(chance)) < chance).astype(float)


def test_true_probabilities_are_calibrated(truth, resampling):
    found = calibrate(truth, outcomes(truth), resampling)
    assert found.slope.value == pytest.approx(1, abs=0.1)
    assert found.slope.low < 1 < found.slope.high
    assert found.mean_error.low < 0 < found.mean_error.high
    assert found.expected_error < 0.04
    assert found.is_good(*LIMITS)


def test_forecasts_too_sure_of_themselves_are_not(truth, resampling):
    sure = 1 / (1 + np.exp(-2 * log_odds(truth)))
    found = calibrate(sure, outcomes(truth), resampling)
    assert found.slope.value == pytest.approx(0.5, abs=0.06)
    assert not found.is_good(*LIMITS)


def test_forecasts_too_high_are_not(truth, resampling):
    found = calibrate(np.clip(truth + 0.1, 0, 1), outcomes(truth), resampling)
    assert found.mean_error.value == pytest.approx(0.1, abs=0.03)
    assert not found.is_good(*LIMITS)


def test_the_slope_is_that_of_a_logistic_regression(truth, resampling):
    attained = outcomes(truth)
    plain = LogisticRegression(C=np.inf).fit(log_odds(truth)[:, None], attained)
    found = calibrate(truth, attained, resampling)
    assert found.slope.value == pytest.approx(float(plain.coef_[0, 0]), rel=1e-3)
    weights = resampling.weights[0]
    weighted = LogisticRegression(C=np.inf).fit(log_odds(truth)[:, None], attained, sample_weight=weights)
    one = Resampling(pd.Series(range(3000)), 1, 0.95, 0)
    one.weights = weights[None, :]
    assert calibrate(truth, attained, one).slope.low == pytest.approx(float(weighted.coef_[0, 0]), rel=1e-3)


def test_a_constant_forecast_has_no_slope_and_is_not_good(resampling):
    found = calibrate(np.full(3000, 0.5), outcomes(np.full(3000, 0.5)), resampling)
    assert np.isnan(found.slope.value)
    assert not found.is_good(*LIMITS)


def test_the_reliability_table_counts_every_row_once(truth):
    table = reliability(truth, outcomes(truth))
    assert len(table) == 10
    assert table["rows"].sum() == 3000
    assert table["forecast"].is_monotonic_increasing
