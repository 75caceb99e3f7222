"""The gate promotes and refuses on figures made for it."""

from __future__ import annotations

import pytest

from ml.calibration import Calibration
from ml.gate import Evidence, judge
from ml.leakage import Check
from ml.resampling import Estimate

BETTER, UNCLEAR = Estimate(-0.02, -0.03, -0.01), Estimate(-0.01, -0.03, 0.002)
GREEN, RED = Check("time", True, "0 rows"), Check("time", False, "3 rows")
GOOD = Calibration(Estimate(0.01, -0.02, 0.03), Estimate(0.95, 0.8, 1.1), 0.03)
SURE = Calibration(Estimate(0.01, -0.02, 0.03), Estimate(0.5, 0.4, 0.6), 0.1)
HIGH = Calibration(Estimate(0.09, 0.06, 0.12), Estimate(1.0, 0.8, 1.1), 0.09)


def evidence(prior=BETTER, champion=BETTER, calibration=GOOD, check=GREEN):
    return Evidence(
        against={"the prior": prior, "the champion (v3)": champion},
        calibration=calibration,
        checks=[GREEN, check],
        test_cycles=4,
        key_results=300,
    )


def test_better_than_all_calibrated_and_clean_passes(known):
    verdict = judge(evidence(), known.judging)
    assert verdict.passed
    assert verdict.sentence("the model") == (
        "the model passed the gate: on 300 key results of 4 cycles it never saw it is better than all 2 "
        "rivals, the closest being the prior (Brier score -0.0200, 95% interval -0.0300 to -0.0100)"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prior": UNCLEAR}, "not shown to be better than the prior (Brier score -0.0100, 95% interval"),
        ({"champion": UNCLEAR}, "not shown to be better than the champion (v3)"),
        ({"prior": UNCLEAR, "champion": UNCLEAR}, "nor than 1 other"),
        ({"champion": Estimate(0, 0, 0)}, "not shown to be better than the champion"),
        ({"prior": Estimate(-0.1, float("nan"), float("nan"))}, "not shown to be better than the prior"),
        ({"calibration": SURE}, "slope 0.50, allowed 0.75 to 1.35"),
        ({"calibration": HIGH}, "mean error +0.090, allowed 0.05"),
        ({"check": RED}, "the leakage check 'time' failed (3 rows)"),
    ],
)
def test_one_criterion_not_met_refuses_and_is_named(known, changes, reason):
    verdict = judge(evidence(**changes), known.judging)
    assert not verdict.passed
    assert len(verdict.failures) == 1
    assert reason in verdict.sentence("the model")


def test_all_criteria_not_met_are_named(known):
    verdict = judge(evidence(prior=UNCLEAR, calibration=SURE, check=RED), known.judging)
    assert len(verdict.failures) == 3
