"""The five baselines are what they say, and see nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from ml.baselines import baselines
from ml.pipeline import candidates


def test_the_baselines_come_in_their_order():
    assert [one.name for one in baselines()] == [
        "prior",
        "progress",
        "pace_rule",
        "owners_confidence",
        "logistic_on_four",
    ]
    assert all(one.is_baseline for one in baselines())
    assert baselines()[-1].columns == tuple(one.columns[0] for one in baselines()[:4])


@pytest.mark.parametrize("baseline", baselines(), ids=lambda one: one.name)
def test_a_baseline_depends_on_its_own_columns_only(make_rows, baseline):
    rows = make_rows()
    fitted = baseline.fit(rows, rows["attained"])
    spoiled = rows.copy()
    for column in spoiled.select_dtypes("number"):
        if column not in baseline.columns:
            spoiled[column] = -99.0
    np.testing.assert_array_equal(baseline.forecast(fitted, rows), baseline.forecast(fitted, spoiled))


def test_a_useful_number_is_turned_into_a_calibrated_rising_probability(make_rows):
    rows = make_rows(signal="owner", per_cycle=200)
    baseline = next(one for one in baselines() if one.name == "owners_confidence")
    chance = baseline.forecast(baseline.fit(rows, rows["attained"]), rows)
    order = np.argsort(rows["confidence"].to_numpy())
    assert (np.diff(chance[order]) >= 0).all()
    assert chance.mean() == pytest.approx(rows["attained"].mean(), abs=0.01)


@pytest.mark.parametrize("missing", ["some", "all"])
def test_missing_values_are_forecast_too(make_rows, known, missing):
    rows = make_rows()
    rows.loc[rows.index[::2] if missing == "some" else rows.index, ["confidence", "progress"]] = np.nan
    for forecaster in [*baselines(), *candidates(known)]:
        chance = forecaster.forecast(forecaster.fit(rows, rows["attained"]), rows)
        assert ((chance > 0) & (chance < 1)).all(), forecaster.name


def test_a_kind_never_seen_is_forecast_too(make_rows, known):
    rows = make_rows()
    for model in candidates(known):
        fitted = model.fit(rows, rows["attained"])
        assert np.isfinite(model.forecast(fitted, rows.head(3).assign(key_result_kind="new kind"))).all()


def test_the_recipe_tells_forecasters_apart_but_not_their_fits(make_rows, known):
    rows = make_rows()
    every = [*baselines(), *candidates(known)]
    assert len({one.recipe for one in every}) == len(every)
    model = every[-1]
    refitted = type(model)(
        model.name, model.title, model.is_baseline, model.columns, model.fit(rows, rows["attained"])
    )
    assert refitted.recipe == model.recipe
