"""The model's door: good features pass, and each fault is caught by the right expectation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quality.doors import Door, check_door
from quality.errors import QualityError
from quality.suites.contract import FEATURES, LABELS
from quality.verdict import Verdict
from settings import Settings

pytestmark = pytest.mark.postgres

RUNNING = "cycle_start_date = date '2026-10-01'"
FEATURE_FAULTS = {
    f"insert into {FEATURES} select * from {FEATURES} where key_result_key = 'k3-3' and elapsed < 0.15": (
        FEATURES,
        "key_result_key, as_of_date, checkpoint",
        "critical",
    ),
    f"update {FEATURES} set as_of_date = date '2026-11-21' where key_result_key = 'k9-1' and elapsed = 0.5": (
        FEATURES,
        "as_of_date",
        "critical",
    ),
    f"update {FEATURES} set progress = 1.2 where key_result_key = 'k1-1'": (FEATURES, "progress", "critical"),
    f"update {FEATURES} set elapsed = -0.1 where key_result_key = 'k1-2'": (FEATURES, "elapsed", "critical"),
    f"update {FEATURES} set team_attainment_prior = 7 where key_result_key = 'k1-3'": (
        FEATURES,
        "team_attainment_prior",
        "critical",
    ),
    f"update {FEATURES} set is_open = 2 where key_result_key = 'k1-4'": (FEATURES, "is_open", "critical"),
    f"update {FEATURES} set days_since_check_in = -1 where key_result_key = 'k1-5'": (
        FEATURES,
        "days_since_check_in",
        "critical",
    ),
    f"update {FEATURES} set has_confidence = 0 where key_result_key = 'k1-7'": (
        FEATURES,
        "has_progress, has_confidence",
        "critical",
    ),
    f"update {FEATURES} set confidence = null, has_confidence = 0 where key_result_key not like '%-7'": (
        FEATURES,
        "confidence",
        "warning",
    ),
}
LABEL_FAULTS = {
    f"insert into {LABELS} select * from {LABELS} where key_result_key = 'k3-3'": (
        LABELS,
        "key_result_key",
        "critical",
    ),
    f"update {LABELS} set attained = 2 where key_result_key = 'k3-4'": (LABELS, "attained", "critical"),
    f"update {LABELS} set final_score = 1.3 where key_result_key = 'k3-5'": (
        LABELS,
        "final_score",
        "critical",
    ),
    f"update {LABELS} set label_available_at = null where key_result_key = 'k3-6'": (
        LABELS,
        "label_available_at",
        "critical",
    ),
    f"update {LABELS} set label_available_at = timestamp '2024-01-01' where key_result_key like 'k9-%' or"
    " key_result_key like 'k8-%'": (LABELS, "label_available_at", "warning"),
    f"insert into {LABELS} (key_result_key, attained, final_score, label_available_at)"
    " values ('nobody', 1, 1, now())": (LABELS, "key_result_key", "warning"),
}


def unmet(verdict: Verdict) -> set[tuple[str, str | None, str]]:
    return {(found.asset, found.column, found.severity) for found in verdict.findings if not found.is_met}


def test_good_features_pass(good_model: Settings) -> None:
    verdict = check_door(good_model, Door.MODEL).verdict
    assert unmet(verdict) == set()
    assert verdict.outcome == "passed"
    assert {found.asset for found in verdict.findings} >= {FEATURES, LABELS, f"{FEATURES} (drift)"}


@pytest.mark.parametrize("faults", [FEATURE_FAULTS, LABEL_FAULTS], ids=["features", "labels"])
def test_each_fault_is_caught_and_nothing_else(
    good_model: Settings, spoil: Callable[[str], None], faults: dict[str, tuple[str, str, str]]
) -> None:
    for fault in faults:
        spoil(fault)
    verdict = check_door(good_model, Door.MODEL).verdict
    assert unmet(verdict) == set(faults.values())
    assert verdict.outcome == "failed"


def test_a_missing_column_is_named(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(
        f"alter table {FEATURES} drop column weight; alter table {FEATURES} alter column owner_load type text"
    )
    verdict = check_door(good_model, Door.MODEL).verdict
    (found,) = verdict.unmet(critical=True)
    assert found.asset == f"{FEATURES} (columns)"
    assert "weight is missing, wanted numeric" in found.observed
    assert "owner_load is text, wanted numeric" in found.observed


def test_a_missing_checked_column_closes_the_door(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(f"alter table {FEATURES} drop column team_attainment_prior")
    verdict = check_door(good_model, Door.MODEL).verdict
    assert verdict.outcome == "failed"
    (found,) = [found for found in verdict.findings if found.column == "team_attainment_prior"]
    assert not found.is_met
    assert "could not be checked" in found.observed


def test_a_shifted_cycle_warns(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(f"update {FEATURES} set progress = progress / 8 where {RUNNING}")
    verdict = check_door(good_model, Door.MODEL).verdict
    assert unmet(verdict) == {(f"{FEATURES} (drift)", "*", "warning")}
    (found,) = verdict.unmet(critical=False)
    assert "progress " in found.observed
    assert "confidence" not in found.observed


def test_one_sided_labels_warn(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(f"update {LABELS} set attained = 1")
    assert unmet(check_door(good_model, Door.MODEL).verdict) == {(LABELS, "attained", "warning")}


def test_too_few_labels_warn(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(f"delete from {LABELS} where key_result_key not like 'k9%'")
    verdict = check_door(good_model, Door.MODEL).verdict
    assert verdict.sentence() == "warned: fewer than 200 graded key results"


def test_no_labels_at_all_are_said_so(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(f"truncate {LABELS}")
    verdict = check_door(good_model, Door.MODEL).verdict
    assert verdict.sentence() == "warned: no graded key results"


def test_no_rows_at_all_are_said_so(good_model: Settings, spoil: Callable[[str], None]) -> None:
    spoil(f"truncate {LABELS}, {FEATURES}")
    verdict = check_door(good_model, Door.MODEL).verdict
    assert verdict.sentence() == "warned: no key result has features (and 1 more)"


def test_an_unbuilt_warehouse_is_an_error_that_says_what_to_do(empty: Settings) -> None:
    with pytest.raises(QualityError, match=r"ml_key_result_features does not exist .* `dbt build`"):
        check_door(empty, Door.MODEL)
