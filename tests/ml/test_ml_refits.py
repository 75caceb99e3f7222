"""The interval of a forecast: from refits on resampled objectives, narrower with more history."""

from __future__ import annotations

import numpy as np
import pytest

from ml.baselines import baselines
from ml.pipeline import candidates
from ml.refits import interval, refit


def spread(rows, forecaster, level=0.8, seed=1):
    fitted = forecaster.fit(rows, rows["attained"])
    chance = forecaster.forecast(fitted, rows)
    low, high = interval(forecaster, fitted, refit(forecaster, fitted, rows, 40, seed), rows, chance, level)
    return chance, low, high


@pytest.mark.parametrize("place", [0, 1, -1])
def test_the_interval_holds_the_forecast_and_can_be_had_again(make_rows, known, place):
    forecaster = [*candidates(known), baselines()[-1]][place]
    chance, low, high = spread(make_rows(), forecaster)
    assert ((low <= chance) & (chance <= high) & (low < high)).all()
    np.testing.assert_array_equal(low, spread(make_rows(), forecaster)[1])


def test_more_history_makes_it_narrower_and_a_higher_level_wider(make_rows):
    forecaster = baselines()[-1]
    _, low, high = spread(make_rows(per_cycle=30), forecaster)
    _, low_more, high_more = spread(make_rows(per_cycle=480), forecaster)
    assert (high_more - low_more).mean() < 0.5 * (high - low).mean()
    _, low_wide, high_wide = spread(make_rows(per_cycle=30), forecaster, level=0.95)
    assert (high_wide - low_wide).mean() > (high - low).mean()
