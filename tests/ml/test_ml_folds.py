"""Folds: nothing of a test cycle, and nothing recorded too late, is learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.errors import LeakError
from ml.folds import roll_forward, verify


def test_each_cycle_is_tested_by_what_was_graded_before_its_first_forecast(make_rows, known):
    rows = make_rows()
    folds = roll_forward(rows, known.history)
    assert [fold.cutoff for fold in folds] == sorted(fold.cutoff for fold in folds)
    assert len(folds) == 5
    for fold in folds:
        train, test = rows.iloc[fold.train], rows.iloc[fold.test]
        assert test["cycle_key"].nunique() == 1
        assert (train["label_available_at"] < test["as_of_date"].min()).all()
        assert not set(train["objective_key"]) & set(test["objective_key"])


def test_a_cycle_graded_late_is_not_learned_from_yet(make_rows, known):
    rows = make_rows()
    late = rows["cycle_key"] == "cycle_01"
    rows.loc[late, "label_available_at"] = pd.Timestamp("2024-09-20")
    folds = {rows.iloc[fold.test]["cycle_key"].iloc[0]: fold for fold in roll_forward(rows, known.history)}
    assert "cycle_01" not in set(rows.iloc[folds["cycle_02"].train]["cycle_key"])
    assert "cycle_01" in set(rows.iloc[folds["cycle_04"].train]["cycle_key"])


@pytest.mark.trap(9)
@pytest.mark.parametrize(("column", "kept_apart"), [("lineage_key", 3), ("objective_key", 9)])
def test_what_shares_a_lineage_or_an_objective_with_what_is_tested_is_kept_apart(
    make_rows, known, column, kept_apart
):
    rows = make_rows()
    earlier, tested = (rows["key_result_key"] == name for name in ("key_result_0005", "key_result_0070"))
    rows.loc[tested, column] = rows.loc[earlier, column].iloc[0]
    fold = roll_forward(rows, known.history)[0]
    assert "key_result_0005" not in set(rows.iloc[fold.train]["key_result_key"])
    assert fold.kept_apart == kept_apart


def test_cycles_of_the_same_dates_are_one(make_rows, known):
    rows = make_rows()
    rows["cycle_key"] += np.where(rows["objective_key"] < "objective_0030", "_a", "_b")
    assert len(roll_forward(rows, known.history)) == 5


def test_too_few_labels_make_no_fold(make_rows, known):
    assert roll_forward(make_rows(per_cycle=9), known.history) == []
    assert roll_forward(make_rows().iloc[:0], known.history) == []


@pytest.mark.trap(9)
@pytest.mark.parametrize("column", ["key_result_key", "lineage_key", "objective_key"])
def test_a_group_on_both_sides_is_caught(make_rows, known, column):
    rows = make_rows()
    fold = roll_forward(rows, known.history)[0]
    rows.loc[rows.index[fold.test[0]], column] = rows.iloc[fold.train[0]][column]
    with pytest.raises(LeakError, match=f"{column} .* both learned from and tested on"):
        verify(rows, fold)


@pytest.mark.trap(9)
def test_a_random_split_is_caught(make_rows, known):
    rows = make_rows()
    fold = roll_forward(rows, known.history)[0]
    mixed = np.random.default_rng(0).permutation(len(rows))
    with pytest.raises(LeakError, match="both learned from and tested on"):
        verify(rows, replace(fold, train=mixed[100:], test=mixed[:100]))


@pytest.mark.trap(9)
def test_other_key_results_of_the_test_cycle_are_caught(make_rows, known):
    rows = make_rows()
    fold = roll_forward(rows, known.history)[0]
    tested = rows.iloc[fold.test]
    first = tested["objective_key"] == tested["objective_key"].iloc[0]
    split = replace(fold, train=fold.test[~first.to_numpy()], test=fold.test[first.to_numpy()])
    with pytest.raises(LeakError, match=r"^cycle .* is both"):
        verify(rows, split)


@pytest.mark.trap(3)
def test_a_label_recorded_after_the_cutoff_is_caught(make_rows, known):
    rows = make_rows()
    fold = roll_forward(rows, known.history)[0]
    rows.loc[rows.index[fold.train[0]], "label_available_at"] = fold.cutoff
    with pytest.raises(LeakError, match="not before the cut-off"):
        verify(rows, fold)
