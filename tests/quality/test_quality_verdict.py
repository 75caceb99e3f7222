"""The rules that make one word of many findings, and the words of a finding."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from quality.findings import findings_of
from quality.suites.asset import Asset
from quality.suites.rules import CRITICAL, WARNING
from quality.verdict import Finding, Verdict


def finding(severity: str, *, is_met: bool, problem: str | None = None) -> Finding:
    return Finding("okr_raw.files", "expect_x", "bytes", severity, is_met, "over 0", "-1", problem)


def verdict(*findings: Finding) -> Verdict:
    return Verdict("raw", "raw-1", findings)


@pytest.mark.parametrize(
    ("critical_met", "warning_met", "outcome"),
    [(True, True, "passed"), (True, False, "warned"), (False, True, "failed"), (False, False, "failed")],
)
def test_the_worst_unmet_severity_decides(critical_met: bool, warning_met: bool, outcome: str) -> None:
    found = verdict(finding("warning", is_met=warning_met), finding("critical", is_met=critical_met))
    assert found.outcome == outcome


def test_nothing_checked_passes() -> None:
    assert verdict().outcome == "passed"


def test_the_sentence_names_the_critical_reason_first_and_counts_the_rest() -> None:
    found = verdict(finding("warning", is_met=False, problem="no file"), finding("critical", is_met=False))
    assert found.sentence() == "failed: bytes -1 (and 1 more)"


def test_a_problem_is_said_in_its_own_words() -> None:
    assert verdict(finding("warning", is_met=False, problem="no file")).sentence() == "warned: no file"


def test_a_line_names_asset_column_observed_and_expected() -> None:
    line = finding("critical", is_met=False).line()
    assert line == "critical: okr_raw.files, bytes: observed -1; expected over 0"


def answer(
    rule: object, success: bool, result: dict[str, object], raised: str | None = None
) -> SimpleNamespace:
    info = {"metric": {"raised_exception": True, "exception_message": raised}} if raised else {}
    return SimpleNamespace(
        expectation_config=rule.configuration,  # type: ignore[attr-defined]
        success=success,
        result=result,
        exception_info=info,
    )


def test_findings_keep_the_order_of_the_suite_and_say_what_was_seen() -> None:
    rules = [CRITICAL.filled("bytes"), WARNING.rows(5, "too few"), CRITICAL.none("bad", "no bad row", "path")]
    asset = Asset("okr_raw.files", "raw.files", "select 1", rules)
    samples = {
        "unexpected_count": 3,
        "element_count": 10,
        "partial_unexpected_list": ["a.csv", "a.csv", "b.csv"],
    }
    answers = [
        answer(rules[2], False, samples),
        answer(rules[1], False, {"observed_value": 2}),
        answer(rules[0], False, {}, raised='column "bytes" does not exist\nand more'),
    ]
    first, second, third = findings_of(asset, answers)
    assert first.observed == 'nothing, it could not be checked (column "bytes" does not exist)'
    assert (second.observed, second.problem, second.severity) == ("2", "too few", "warning")
    assert (third.column, third.observed) == ("path", "3 of 10 rows (30 %): a.csv; b.csv")
