"""Reasons add up to the log odds, and say what is known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.baselines import baselines
from ml.calibration import log_odds
from ml.pipeline import candidates
from ml.reasons import contributions, say, strongest, typical_row


@pytest.mark.parametrize("place", [0, 1, -1])
def test_reasons_add_up_to_the_log_odds(make_rows, known, place):
    rows = make_rows()
    forecaster = [*candidates(known), baselines()[-1]][place]
    fitted = forecaster.fit(rows, rows["attained"])
    some = rows.sample(40, random_state=1)
    start, effects = contributions(forecaster, fitted, some, typical_row(rows, known), known)
    expected = log_odds(forecaster.forecast(fitted, some))
    np.testing.assert_allclose(start + effects.sum(axis=1), expected, atol=1e-9)


def test_a_typical_row_needs_no_reasons(make_rows, known):
    rows = make_rows()
    model = candidates(known)[0]
    typical = typical_row(rows, known)
    fitted = model.fit(rows, rows["attained"])
    same = rows.head(1).assign(**typical).astype(rows[list(model.columns)].dtypes.to_dict())
    _, effects = contributions(model, fitted, same, typical, known)
    np.testing.assert_allclose(effects.to_numpy(), 0, atol=1e-12)


def test_what_decides_comes_first(make_rows, known):
    rows = make_rows(per_cycle=200, signal="owner")
    model = candidates(known)[0]
    fitted = model.fit(rows, rows["attained"])
    lowest = rows.nsmallest(1, "confidence").reset_index(drop=True)
    _, effects = contributions(model, fitted, lowest, typical_row(rows, known), known)
    reasons = strongest(effects.iloc[0], lowest.to_dict("records")[0], known)
    assert len(reasons) == 3
    assert reasons[0]["feature"] == "confidence"
    assert reasons[0]["effect"] < 0
    assert reasons[0]["text"].startswith("its owner's confidence is ")
    assert reasons[0]["text"].endswith("(lowers the chance)")
    sizes = [abs(reason["effect"]) for reason in reasons]
    assert sizes == sorted(sizes, reverse=True)


def test_a_baseline_gives_reasons_from_its_own_column_only(make_rows, known):
    rows = make_rows()
    progress = baselines()[1]
    fitted = progress.fit(rows, rows["attained"])
    _, effects = contributions(progress, fitted, rows.head(2), typical_row(rows, known), known)
    assert list(effects.columns) == ["pace"]


@pytest.mark.parametrize("name", ["pace", "confidence", "status", "team", "kind", "trend"])
def test_what_is_missing_is_said(known, name):
    theme = known.themes[name]
    assert say(theme, dict.fromkeys(theme.features, np.nan)) == theme.missing


def test_every_theme_can_be_said(known, make_rows):
    row = make_rows().head(1).fillna(1.0).to_dict("records")[0]
    for theme in known.themes.values():
        assert say(theme, row) != theme.missing
