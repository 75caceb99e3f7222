"""Each leak is planted and must be caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from ml import leakage
from ml.backtest import MODEL
from ml.folds import roll_forward
from ml.forecaster import Forecaster
from ml.parameters import Theme
from ml.pipeline import candidates


def failed(checks):
    return [check.name for check in checks if not check.passed]


def with_feature(known, name):
    themes = {**known.themes, "planted": Theme(features=(name,), words="", missing="")}
    return known.model_copy(update={"themes": themes})


def test_honest_rows_pass(make_rows, known):
    rows = make_rows()
    folds = roll_forward(rows, known.history)
    assert failed(leakage.check_features(rows, known)) == []
    assert leakage.check_folds(rows, folds).passed
    assert leakage.check_shuffled(rows, folds, candidates(known)[0], known).passed


@pytest.mark.trap(4)
@pytest.mark.trap(16)
@pytest.mark.parametrize(
    "name",
    ["final_score", "key_result_key", "row_number", "closed_at", "end_date", "file_id", "lifecycle"],
)
def test_an_identifier_date_or_outcome_as_feature_is_caught(make_rows, known, name):
    rows = make_rows()
    rows[name] = 1.0
    assert "no identifier, date or outcome among the features" in failed(
        leakage.check_features(rows, with_feature(known, name))
    )


def test_a_date_under_an_innocent_name_is_caught(make_rows):
    rows = make_rows().assign(age=pd.Timestamp("2024-01-01"))
    assert leakage.dated_features(rows, ["age", "progress"]) == ["age"]


@pytest.mark.trap(1)
def test_a_row_made_after_its_label_is_caught(make_rows, known):
    rows = make_rows()
    rows.loc[3, "label_available_at"] = rows.loc[3, "as_of_date"] + pd.Timedelta(hours=12)
    assert failed(leakage.check_features(rows, known)) == ["no row made after its label was recorded"]


@pytest.mark.trap(1)
@pytest.mark.parametrize(("side", "days"), [("cycle_end_date", 1), ("cycle_start_date", -1)])
def test_a_row_made_outside_its_cycle_is_caught(make_rows, known, side, days):
    rows = make_rows()
    rows.loc[3, "as_of_date"] = rows.loc[3, side] + pd.Timedelta(days=days)
    assert failed(leakage.check_features(rows, known)) == ["no row made outside its cycle"]


@pytest.mark.trap(6)
@pytest.mark.parametrize("direction", [1, -1])
def test_a_feature_that_is_the_label_is_caught(make_rows, known, direction):
    rows = make_rows()
    rows["regressions"] = direction * rows["attained"] + np.random.default_rng(0).normal(0, 0.01, len(rows))
    assert failed(leakage.check_features(rows, known)) == ["no single feature knows the answer"]


@pytest.mark.trap(6)
def test_a_feature_that_is_missing_only_for_misses_is_caught(make_rows, known):
    rows = make_rows()
    rows["comment_length"] = np.where(rows["attained"] == 1, 20.0, np.nan)
    check = leakage.check_features(rows, known)[-1]
    assert not check.passed
    assert "comment_length missing" in check.seen


def test_a_kind_that_is_the_label_is_caught(make_rows, known):
    rows = make_rows()
    rows["key_result_kind"] = np.where(rows["attained"] == 1, "metric", "binary")
    assert "key_result_kind" in leakage.check_features(rows, known)[-1].seen
    assert not leakage.check_features(rows, known)[-1].passed


@pytest.mark.trap(9)
def test_folds_that_share_an_objective_are_caught(make_rows, known):
    rows = make_rows()
    fold = roll_forward(rows, known.history)[0]
    check = leakage.check_folds(rows, [replace(fold, train=np.r_[fold.train, fold.test[:1]])])
    assert not check.passed
    assert "both learned from and tested on" in check.seen


@pytest.mark.trap(9)
def test_learning_from_rows_of_the_tested_key_results_is_caught_by_shuffling(make_rows, known):
    """A random split: other checkpoints of the tested key results are learned from, and recognised."""
    rows = make_rows(signal="none", cycles=2)
    codes = pd.factorize(rows["key_result_key"])[0]
    rows["weight"] = np.random.default_rng(3).normal(size=codes.max() + 1)[codes]
    mixed = np.random.default_rng(0).permutation(len(rows))
    fold = replace(roll_forward(rows, known.history)[0], train=mixed[60:], test=mixed[:60])
    nearest = Forecaster("nearest", "nearest", False, ("weight",), KNeighborsClassifier(2))
    assert not leakage.check_shuffled(rows, [fold], nearest, known).passed


@pytest.mark.trap(15)
@pytest.mark.parametrize(("noise", "passes"), [(0.05, False), (0.7, True)])
def test_too_good_at_half_time_is_caught(make_rows, known, noise, passes):
    rows = make_rows()
    rows[MODEL] = rows["attained"] + np.random.default_rng(0).normal(0, noise, len(rows))
    assert leakage.check_halfway(rows, MODEL, known.judging).passed is passes
