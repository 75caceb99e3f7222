"""Leaks planted in the features themselves: the tests that run with every build see them."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

import settings

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

FEATURES = "okr_curated.ml_key_result_features"
# What a naive query would have said: everything ever checked in, and every grade of the team but its own.
WHOLE_CYCLE = f"""
    update {FEATURES} features
    set check_ins_so_far = (
        select count(*) from okr_curated.fct_check_ins check_ins
        where check_ins.key_result_key = features.key_result_key and check_ins.is_current = 1
    )
"""
LAST_DAY = f"""
    update {FEATURES} features
    set days_since_check_in = (
        select features.cycle_end_date - max(check_ins.check_in_date) from okr_curated.fct_check_ins check_ins
        where check_ins.key_result_key = features.key_result_key and check_ins.is_current = 1
    )
"""
SAME_CYCLE = f"""
    update {FEATURES} features
    set team_labels_prior = (
        select count(*) from okr_curated.fct_key_result_scores scores
        where scores.team_key = objectives.team_key and scores.attained is not null
            and scores.key_result_key <> features.key_result_key
    )
    from okr_curated.dim_objectives objectives
    where objectives.objective_key = features.objective_key
"""


@pytest.mark.parametrize(
    ("test", "leak"),
    [
        pytest.param("assert_features_see_only_the_past", WHOLE_CYCLE, marks=pytest.mark.trap(1)),
        pytest.param("assert_features_see_only_the_past", LAST_DAY, marks=pytest.mark.trap(8)),
        pytest.param("assert_team_priors_see_only_the_past", SAME_CYCLE, marks=pytest.mark.trap(7)),
    ],
    ids=["check-ins of the whole cycle", "days silent until its end", "grades of the same cycle"],
)
def test_a_leak_in_the_features_fails_the_build(
    sample_warehouse: psycopg.Connection,
    sample_filled: Any,
    warehouse: settings.Settings,
    test: str,
    leak: str,
) -> None:
    target = warehouse.home / f"target-{sample_filled.name}"
    manifest = json.loads((target / "manifest.json").read_bytes())
    assert manifest["nodes"][f"test.okr.{test}"]["config"]["severity"].lower() == "error"
    compiled = target / "compiled" / "okr" / "dbt_project" / "tests"
    query = (compiled / "singular" / "curated" / f"{test}.sql").read_bytes()
    assert sample_warehouse.execute(query).fetchall() == []
    with sample_warehouse.transaction(force_rollback=True):
        sample_warehouse.execute(leak.encode())
        assert len(sample_warehouse.execute(query).fetchall()) > 10
    assert sample_warehouse.execute(query).fetchall() == []
