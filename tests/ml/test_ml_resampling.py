"""Bootstrap intervals are right where the right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ml.ranking import average_precision, roc_auc
from ml.resampling import Resampling


def test_the_interval_of_a_mean_is_the_textbooks():
    values = np.random.default_rng(1).normal(2.0, 1.0, 400)
    resampling = Resampling(pd.Series(range(400)), rounds=4000, level=0.95, seed=3)
    found = resampling.estimate(values.mean(), resampling.mean(values))
    error = values.std() / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(5)
    covered = 0
    for seed in range(200):
        values = np.repeat(random.normal(0, 1, 60), 3) + random.normal(0, 0.1, 180)
        resampling = Resampling(pd.Series(np.repeat(range(60), 3)), rounds=400, level=0.9, seed=seed)
        found = resampling.estimate(values.mean(), resampling.mean(values))
        covered += found.low <= 0 <= found.high
    assert 165 <= covered <= 193


def test_rows_of_one_objective_are_not_taken_for_independent():
    values = np.repeat(np.random.default_rng(2).normal(0, 1, 50), 8)
    alone = Resampling(pd.Series(range(400)), 2000, 0.95, 0)
    together = Resampling(pd.Series(np.repeat(range(50), 8)), 2000, 0.95, 0)
    widths = [np.ptp(np.quantile(one.mean(values), [0.025, 0.975])) for one in (alone, together)]
    assert widths[1] / widths[0] == pytest.approx(np.sqrt(8), rel=0.15)


def test_a_paired_difference_ignores_what_both_share():
    random = np.random.default_rng(4)
    shared = random.normal(0, 5, 300)
    resampling = Resampling(pd.Series(range(300)), 1000, 0.95, 0)
    gap = resampling.difference(shared - 0.1 + random.normal(0, 0.01, 300), shared)
    assert gap.high < 0
    assert gap.value == pytest.approx(-0.1, abs=0.005)


def test_equal_losses_give_an_interval_of_nothing():
    losses = np.random.default_rng(0).random(50)
    gap = Resampling(pd.Series(range(50)), 200, 0.95, 0).difference(losses, losses)
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)


def test_the_same_seed_draws_the_same():
    groups = pd.Series(range(30))
    first, second = (Resampling(groups, 100, 0.95, 9).weights for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_areas_are_those_of_scikit_learn_for_any_weights_and_ties():
    random = np.random.default_rng(8)
    score = np.round(random.random(200), 1)
    happened = (random.random(200) < score).astype(float)
    weights = random.integers(0, 4, (20, 200)).astype(float)
    for row, area, precision in zip(
        weights, roc_auc(score, happened, weights), average_precision(score, happened, weights), strict=True
    ):
        assert area == pytest.approx(roc_auc_score(happened, score, sample_weight=row))
        assert precision == pytest.approx(average_precision_score(happened, score, sample_weight=row))


def test_one_class_has_no_area():
    assert np.isnan(roc_auc(np.array([0.1, 0.2]), np.ones(2), np.ones((1, 2))))[0]
