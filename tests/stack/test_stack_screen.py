"""The screen shows its facts and nothing else, also where there is little to show."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

import settings
from stack.pipeline.facts import collect
from stack.pipeline.reporters import BarReporter, LineReporter, reporter_for
from stack.pipeline.screen import percent, show
from stack.pipeline.stage import Result, Verdict

KEY_RESULT: dict[str, Any] = {
    "key_result_key": "k1",
    "key_result_title": "Reach [bold] 100 customers",
    "objective_title": "Grow",
    "team_name": "Sales",
    "owner_name": "ada@example.org",
    "cycle_name": "2026-Q2",
    "cycle_end_date": "2026-06-30",
    "forecast_basis": "model",
    "attainment_probability": 0.08,
    "probability_low": 0.04,
    "probability_high": 0.17,
    "reasons": [{"feature": "pace_gap", "value": 0.4, "text": "40 points behind pace"}],
    "progress": 0.2,
    "elapsed": 0.6,
    "pace_gap": 0.4,
    "pace_zone": "off_track",
    "last_check_in_date": "2026-05-11",
}


def evaluation(forecaster: str, is_baseline: int, brier: float) -> dict[str, Any]:
    return {
        "forecaster": forecaster,
        "is_baseline": is_baseline,
        "cycles_tested": 6,
        "labels_tested": 700,
        "brier_score": brier,
        "brier_score_low": brier - 0.01,
        "brier_score_high": brier + 0.01,
        "brier_skill": 0.21,
        "log_loss": None,
        "roc_auc": 0.8,
    }


UNREADABLE = {
    "path": "a/c.csv",
    "line_number": 4,
    "column_name": "check_in_date",
    "cell_text": "2026-13-45",
    "reason": "is no date",
    "found": 7,
}
WAREHOUSE = {
    "models": 90,
    "tests": 300,
    "failed": 0,
    "warned": 1,
    "skipped": 0,
    "failures": [],
    "warnings": [{"node": "cells_are_read", "kind": "test", "message": "Got 2 results"}],
}


@pytest.fixture
def facts() -> dict[str, Any]:
    return {
        "run_id": "r",
        "as_of": "2026-05-20",
        "data": "/data",
        "outcome": "done",
        "seconds": 61.4,
        "sample_written": False,
        "loaded_now": {"files": 2},
        "files": {
            "files": 12,
            "unknown": 1,
            "loaded": 12,
            "rows_read": 1000,
            "rows_loaded": 990,
            "rows_rejected": 7,
            "rows_skipped": 3,
            "ignored": 4,
        },
        "troubled_files": [
            {
                "path": "a/b.csv",
                "status": "held",
                "dataset": "x.y",
                "nearest_dataset": None,
                "reason": "over budget",
            }
        ],
        "unreadable_cells": [UNREADABLE],
        "warehouse": {**WAREHOUSE},
        "quality": {
            "raw": {"verdict": "passed", "text": "13 met", "data_docs": "/home/quality/index.html"},
            "model": {"verdict": "warned", "text": "2 unmet"},
        },
        "forecast": {
            "champion": {
                "decision": "promoted",
                "champion": "gradient_boosting",
                "model_version": "3",
                "is_baseline": 0,
                "reason": "better than every baseline",
            },
            "training": "trained",
            "reason": "better than every baseline",
            "scoring": "120 open key results scored",
            "evaluations": [evaluation("prior", 1, 0.25), evaluation("gradient_boosting", 0, 0.18)],
            "scored": 120,
            "has_enough_labels": 1,
            "forecaster": "gradient_boosting",
            "as_of": "2026-05-20",
        },
        "most_likely_missed": [KEY_RESULT],
        "stages": [{"stage": "load", "outcome": "done", "seconds": 8.2, "text": ""}],
        "connect": "postgresql://okr_analyst@/okr?host=/tmp&port=55432",
    }


def screen(facts: dict[str, Any]) -> str:
    out = io.StringIO()
    show(facts, Console(file=out, width=140))
    return out.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "Result as of 2026-05-20",
        "12 in the ledger (2 new), 1 of unknown layout, 4 ignored",
        "1,000 read = 990 loaded + 7 rejected + 3 skipped",
        "held: a/b.csv  over budget",
        "7 could not be read and count as empty",
        "a/c.csv, line 4: check_in_date '2026-13-45' is no date",
        "6 more: okr sql 'select * from rpt_unreadable_cells'",
        "90 models, 299 of 300 tests passed, 1 warned",
        "warned: cells_are_read: Got 2 results",
        "raw door: 13 met",
        "model door: 2 unmet",
        "by gradient boosting (model, version 3)",
        "better than every baseline",
        "every check: /home/quality/index.html",
        "0.240 – 0.260",
        "8 % (4 %–17 %) to be attained  Reach [bold] 100 customers",
        "progress 20 %, 60 % of the cycle gone, 40 points behind pace",
        "Sales · Grow · ada@example.org",
        "why: 40 points behind pace",
        "61.4 s: load 8.2",
        "psql 'postgresql://okr_analyst@/okr?host=/tmp&port=55432'",
        "okr down",
    ],
)
def test_a_full_result_says(words: str, facts: dict[str, Any]) -> None:
    assert words in screen(facts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (0.001, "<1 %"),
        (0.5, "50 %"),
        (0.999, ">99 %"),
        (1.0, "100 %"),
        (1.2, "120 %"),
    ],
)
def test_a_small_chance_is_not_called_none(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_a_baseline_is_called_a_baseline(facts: dict[str, Any]) -> None:
    facts["forecast"]["champion"] |= {"champion": "confidence", "is_baseline": 1}
    assert "by confidence (baseline)" in screen(facts)


def test_too_little_history_shows_the_pace_rule_and_no_chance(facts: dict[str, Any]) -> None:
    facts["forecast"]["has_enough_labels"] = 0
    row = {**KEY_RESULT, "attainment_probability": None, "reasons": None, "forecast_basis": "pace rule"}
    facts["most_likely_missed"] = [row]
    text = screen(facts)
    assert "not enough graded history" in text
    assert "off track by the pace rule" in text
    assert "to be attained" not in text


def test_a_day_without_forecasts_names_the_day(facts: dict[str, Any]) -> None:
    facts |= {"as_of": "2019-01-01", "most_likely_missed": []}
    assert "nothing to show; no open key result has a forecast as of 2019-01-01" in screen(facts)


def test_a_run_that_got_nowhere_still_has_a_result() -> None:
    config = settings.Settings()
    results = {
        "services": Result("services", Verdict.FAILED, 1.0, "port taken"),
        "load": Result("load", Verdict.NOT_RUN, 0.0, "it needs services"),
    }
    found = collect(config, results, {"run_id": "r", "as_of": "2026-05-20", "data": "/data"})
    found["seconds"] = 1.0
    assert found["outcome"] == "failed"
    text = screen(found)
    assert "the database did not start" in text
    assert "not built" in text


def test_bars_are_for_terminals() -> None:
    assert isinstance(reporter_for(Console(file=io.StringIO())), LineReporter)
    assert isinstance(reporter_for(Console(file=io.StringIO(), force_terminal=True)), BarReporter)
