"""The whole trial on made-up histories: who is promoted, who is refused, and who is champion then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.appointment import appoint
from ml.baselines import baselines
from ml.decisions import KEPT, PROMOTED, REFITTED
from ml.events import Lines
from ml.folds import roll_forward
from ml.pipeline import candidates
from ml.trial import CHAMPION, run_trial

CHECKS = {
    "no identifier, date or outcome among the features",
    "no row made after its label was recorded",
    "no row made outside its cycle",
    "no single feature knows the answer",
    "no cycle, lineage, objective or late label on both sides of a fold",
    "not too good to be true at half-time",
    "shuffled labels teach nothing",
}


@pytest.fixture
def trial(make_rows, known):
    """Call it for the trial of a made-up history."""

    def run(rows=None, champion=None, signal="beyond"):
        rows = make_rows(signal=signal) if rows is None else rows
        return run_trial(rows, roll_forward(rows, known.history), champion, known, Lines())

    return run


def test_a_model_that_knows_more_than_the_owner_is_promoted(trial):
    found = trial()
    decision = appoint(found, None, None)
    assert decision.decision == PROMOTED
    assert not decision.forecaster.is_baseline
    assert "it is better than all 5 rivals" in decision.reason
    assert all(gap.high < 0 for gap in found.against.values())
    assert {check.name for check in found.checks} == CHECKS
    assert decision.reason.count(". ") == 0
    assert decision.reason.endswith(".")


@pytest.mark.parametrize("signal", ["owner", "none"])
def test_without_a_signal_beyond_the_owner_the_best_baseline_becomes_champion(trial, signal):
    found = trial(signal=signal)
    decision = appoint(found, None, None)
    assert not found.verdict.passed
    assert decision.decision == PROMOTED
    assert decision.forecaster.is_baseline
    assert "did not pass the gate" in decision.reason
    assert f"the best baseline, {decision.forecaster.title}, becomes champion" in decision.reason


def test_shuffled_labels_are_refused(trial, make_rows):
    rows = make_rows()
    labels = rows.groupby("key_result_key")["attained"].first()
    shuffled = dict(zip(labels.index, np.random.default_rng(0).permutation(labels), strict=True))
    found = trial(rows=rows.assign(attained=rows["key_result_key"].map(shuffled)))
    assert not found.verdict.passed
    assert found.verdict.failures


def test_a_leak_is_refused_however_good_the_figures(trial, make_rows):
    rows = make_rows()
    rows["comment_length"] = rows["attained"] * 10.0
    found = trial(rows=rows)
    assert all(gap.high < 0 for gap in found.against.values())
    assert not found.verdict.passed
    assert "no single feature knows the answer" in found.verdict.sentence("it")
    assert appoint(found, baselines()[0], "1").decision == KEPT


def test_a_champion_of_the_same_recipe_is_refitted(trial, known):
    first = appoint(trial(), None, None).forecaster
    decision = appoint(trial(champion=first), first, "4")
    assert decision.decision == REFITTED
    assert "the champion already" in decision.reason


def test_a_baseline_in_charge_stays_and_is_refitted_when_the_model_fails(trial):
    champion = baselines()[-1]
    decision = appoint(trial(champion=champion, signal="none"), champion, "2")
    assert decision.decision == REFITTED
    assert decision.forecaster.recipe == champion.recipe
    assert (
        "the baseline logistic regression on prior, progress, pace and confidence (version 2) stays champion"
        in decision.reason
    )


def test_a_model_in_charge_stays_when_the_challenger_fails(trial, known):
    champion = candidates(known)[0]
    decision = appoint(trial(champion=champion, signal="none"), champion, "7")
    assert decision.decision == KEPT
    assert "the model regularised logistic (version 7) stays champion." in decision.reason


def test_a_worse_baseline_in_charge_gives_way_to_a_better_one(trial):
    champion = next(one for one in baselines() if one.name == "prior")
    decision = appoint(trial(champion=champion, signal="owner"), champion, "1")
    assert decision.decision == PROMOTED
    assert decision.forecaster.name in ("owners_confidence", "logistic_on_four")
    assert decision.forecaster.is_baseline


def test_a_champion_of_another_recipe_is_a_rival_by_its_recipe(trial, known):
    model = candidates(known)[0]
    champion = replace(model, estimator=model.estimator.set_params(classify__C=0.2))
    found = trial(champion=champion)
    assert f"the champion ({model.title})" in found.against
    assert CHAMPION in found.predictions
    assert not found.verdict.passed
    assert "the champion (regularised logistic)" in found.verdict.sentence("it")


def test_a_candidate_in_charge_is_a_rival_of_the_other(trial, known):
    for champion in candidates(known):
        found = trial(champion=champion)
        is_rival = f"the champion ({champion.title})" in found.against
        assert is_rival is (found.model.recipe != champion.recipe)


@pytest.mark.trap(14)
def test_figures_are_also_told_for_what_is_still_open(trial, make_rows):
    rows = make_rows()
    rows.loc[rows.index % 5 == 0, "progress"] = 1.0
    found = trial(rows=rows)
    everyone, still_open = found.figures()[0], found.figures("still open")[0]
    assert still_open.rows == everyone.rows - found.predictions["is_complete"].sum() < everyone.rows
    assert found.predictions["is_complete"].mean() == pytest.approx(0.2, abs=0.05)
    assert {one.population for one in found.evaluations} == {
        "all",
        "still open",
        "at 25 %",
        "at 50 %",
        "at 75 %",
    }
