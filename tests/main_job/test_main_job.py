"""What the main job promises on one screen: everything counted, nothing twice, only what is new is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import settings
from settings import Role

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]


def test_the_run_counts_every_row(first_run: dict[str, Any], sample_folder: Path) -> None:
    files = first_run["files"]
    lines = sum(len(path.read_text().splitlines()) - 1 for path in sample_folder.rglob("*.csv"))
    assert files["files"] == len(list(sample_folder.rglob("*.csv")))
    assert files["rows_read"] == files["rows_loaded"] + files["rows_rejected"] + files["rows_skipped"]
    assert files["rows_read"] == lines


def test_the_warehouse_is_built_and_tested(first_run: dict[str, Any]) -> None:
    assert first_run["outcome"] == "done"
    assert first_run["warehouse"]["failed"] == 0
    assert first_run["warehouse"]["models"] > 60
    assert first_run["warehouse"]["tests"] > 200


def test_every_baseline_stands_beside_the_model(first_run: dict[str, Any]) -> None:
    evaluations = first_run["forecast"]["evaluations"]
    baselines = {row["forecaster"] for row in evaluations if row["is_baseline"]}
    assert len(baselines) == 5
    assert any(not row["is_baseline"] for row in evaluations)
    assert all(row["brier_score_low"] <= row["brier_score"] <= row["brier_score_high"] for row in evaluations)
    assert all(row["cycles_tested"] >= 3 for row in evaluations)


def test_on_the_sample_with_a_signal_a_model_is_champion(first_run: dict[str, Any]) -> None:
    champion = first_run["forecast"]["champion"]
    assert champion["decision"] == "promoted"
    assert champion["is_baseline"] == 0


def test_every_open_key_result_has_a_forecast(
    first_run: dict[str, Any], warehouse: settings.Settings
) -> None:
    assert first_run["forecast"]["scored"] > 0
    assert len(first_run["most_likely_missed"]) == 5
    with psycopg.connect(warehouse.postgres.conninfo(Role.ANALYST)) as connection:
        bad = connection.execute(
            "select count(*) from rpt_key_result_forecasts where not"
            " (probability_low <= attainment_probability and attainment_probability <= probability_high)"
        ).fetchone()
    assert bad == (0,)


def test_a_second_run_changes_no_table(
    first_run: dict[str, Any],
    run_main_job: Callable[[], dict[str, Any]],
    digest_tables: Callable[[], dict[str, str]],
) -> None:
    before = digest_tables()
    facts = run_main_job()
    assert facts["loaded_now"]["files"] == 0
    assert digest_tables() == before


def test_one_more_file_is_all_that_is_taken(
    first_run: dict[str, Any], run_main_job: Callable[[], dict[str, Any]], sample_folder: Path
) -> None:
    some = next(path for path in sorted(sample_folder.rglob("check_ins*.csv")))
    header, first, *_ = some.read_text().splitlines()
    late = some.with_name("check_ins_late.csv")
    late.write_text(f"{header}\nlate-{first}\n")
    facts = run_main_job()
    assert facts["loaded_now"]["files"] == 1
    assert facts["files"]["files"] == first_run["files"]["files"] + 1
    assert facts["files"]["rows_read"] == first_run["files"]["rows_read"] + 1
