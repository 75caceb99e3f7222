"""The raw door: good data passes, and each fault is caught by the right expectation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quality.doors import Door, check_door
from quality.verdict import Verdict
from settings import Settings

pytestmark = pytest.mark.postgres

CHECK_INS = "file_id = (select file_id from okr_raw.files where dataset = 'template.check_ins')"
FIVE_PERCENT = "row_number % 20 = 0"


def cell(name: str, text: str, dataset: str = "check_ins") -> str:
    """A statement that writes `text` into five per cent of a column's cells."""
    return (
        f'update okr_raw.records set cells = cells || \'{{"{name}": "{text}"}}\''
        f" where {CHECK_INS.replace('check_ins', dataset)} and {FIVE_PERCENT}"
    )


LEDGER_FAULTS = {
    "update okr_raw.files set rows_read = null where publish_seq = 1": (
        "okr_raw.files",
        "rows_read",
        "critical",
    ),
    f"delete from okr_raw.records where {CHECK_INS} and row_number = 7": (
        "okr_raw.files",
        "rows_loaded",
        "critical",
    ),
    "update okr_raw.files set sha256 = 'ABC' where publish_seq = 2": ("okr_raw.files", "sha256", "critical"),
    "update okr_raw.files set known_at = null where publish_seq = 2": (
        "okr_raw.files",
        "known_at",
        "critical",
    ),
    "update okr_raw.files set rows_read = 101, rows_rejected = 1 where publish_seq = 3": (
        "okr_raw.files",
        "rows_rejected",
        "critical",
    ),
    "update okr_raw.files set publish_seq = null where publish_seq = 4": (
        "okr_raw.files",
        "publish_seq",
        "critical",
    ),
    "delete from okr_raw.publications where publish_seq = 4": (
        "okr_raw.publications",
        "publish_seq",
        "critical",
    ),
    "update okr_raw.files set dataset = 'unknown' where publish_seq = 5": (
        "okr_raw.files",
        "dataset",
        "warning",
    ),
    "update okr_raw.files set status = 'held', reason = 'why' where publish_seq = 7": (
        "okr_raw.files (not loaded)",
        "status",
        "warning",
    ),
    "update okr_raw.files set path = path where publish_seq = 7": (
        "okr_raw.publications",
        "status",
        "critical",
    ),
    "insert into okr_raw.records (file_id, row_number, line_number, cells, topic_partition, topic_offset)"
    " values ('nobody', 1, 1, '{}', 0, 0)": ("okr_raw (strays)", "file_id", "critical"),
}
CELL_FAULTS = {
    cell("check_in_id", " "): ("template.check_ins", "check_in_id", "critical"),
    cell("key_result_id", ""): ("template.check_ins", "key_result_id", "critical"),
    cell("check_in_date", "09/11/2026"): ("template.check_ins", "check_in_date", "critical"),
    cell("value", "n/a"): ("template.check_ins", "value", "critical"),
    cell("confidence", "70"): ("template.check_ins", "confidence", "critical"),
    cell("recorded_at", "1970-01-01T00:00:00Z"): ("template.check_ins", "recorded_at", "critical"),
    cell("is_deleted", "maybe"): ("template.check_ins", "is_deleted", "warning"),
    cell("score", "70", "scores"): ("template.scores", "score", "critical"),
    cell("outcome", "great", "scores"): ("template.scores", "outcome", "warning"),
    cell("kind", "moonshot", "key_results"): ("template.key_results", "kind", "warning"),
    cell("target_value", "ten", "key_results"): ("template.key_results", "target_value", "critical"),
    cell("start_date", "", "cycles"): ("template.cycles", "start_date", "critical"),
}
OTHER_CELL_FAULTS = {
    cell("check_in_date", "2026-02-30"): ("template.check_ins", "check_in_date", "critical"),
    cell("value", "Infinity"): ("template.check_ins", "value", "critical"),
    cell("recorded_at", "2999-01-01T00:00:00Z"): ("template.check_ins", "recorded_at", "critical"),
    cell("recorded_at", "yesterday", "scores"): ("template.scores", "recorded_at", "critical"),
    f'update okr_raw.records set cells = cells || \'{{"check_in_id": "same"}}\' where {CHECK_INS}': (
        "template.check_ins",
        "check_in_id, recorded_at",
        "warning",
    ),
}


def unmet(verdict: Verdict) -> set[tuple[str, str | None, str]]:
    return {(found.asset, found.column, found.severity) for found in verdict.findings if not found.is_met}


def test_good_files_pass(good_raw: Settings) -> None:
    verdict = check_door(good_raw, Door.RAW).verdict
    assert unmet(verdict) == set()
    assert verdict.outcome == "passed"
    assert len(verdict.findings) > 60
    assert {found.asset for found in verdict.findings} >= {
        "okr_raw.files",
        "template.check_ins",
        "template.scores",
    }


@pytest.mark.parametrize(
    "faults", [LEDGER_FAULTS, CELL_FAULTS, OTHER_CELL_FAULTS], ids=["ledger", "cells", "more"]
)
def test_each_fault_is_caught_and_nothing_else(
    good_raw: Settings, spoil: Callable[[str], None], faults: dict[str, tuple[str, str, str]]
) -> None:
    for fault in faults:
        spoil(fault)
    verdict = check_door(good_raw, Door.RAW).verdict
    assert unmet(verdict) == set(faults.values())
    assert verdict.outcome == "failed"


def test_a_single_slip_in_a_column_passes(good_raw: Settings, spoil: Callable[[str], None]) -> None:
    spoil(cell("value", "n/a").replace(FIVE_PERCENT, "row_number = 5"))
    assert check_door(good_raw, Door.RAW).verdict.outcome == "passed"


def test_a_repeated_edit_of_a_check_in_is_no_duplicate(
    good_raw: Settings, spoil: Callable[[str], None]
) -> None:
    spoil(
        "update okr_raw.records set cells = cells || jsonb_build_object('check_in_id', 'same', 'recorded_at',"
        f" '2026-11-10T09:' || lpad((row_number % 60)::text, 2, '0') || ':00Z')"
        f" where {CHECK_INS} and row_number < 50"
    )
    assert check_door(good_raw, Door.RAW).verdict.outcome == "passed"


def test_rejected_rows_that_the_ledger_names_only_warn(
    good_raw: Settings, spoil: Callable[[str], None]
) -> None:
    spoil(
        "update okr_raw.files set rows_read = 110, rows_rejected = 10 where dataset = 'template.check_ins';"
        "insert into okr_raw.rejects (file_id, row_number, reason_code, reason)"
        " select file_id, place, 'ragged', 'too many cells'"
        " from okr_raw.files cross join generate_series(101, 110) place where dataset = 'template.check_ins'"
    )
    verdict = check_door(good_raw, Door.RAW).verdict
    assert unmet(verdict) == {("okr_raw.files", "rows_rejected", "warning")}
    (found,) = verdict.unmet(critical=False)
    assert "10 of 110 rows rejected" in found.observed


def test_an_observation_names_the_file(good_raw: Settings, spoil: Callable[[str], None]) -> None:
    spoil("update okr_raw.files set rows_read = 101 where dataset = 'template.teams'")
    (found,) = check_door(good_raw, Door.RAW).verdict.unmet(critical=True)
    assert "main/template.teams.csv: read 101, loaded 100, rejected 0, skipped 0" in found.line()
    assert "expected rows read = loaded + rejected + skipped" in found.line()


def test_nothing_loaded_is_said_so(empty: Settings) -> None:
    verdict = check_door(empty, Door.RAW).verdict
    assert verdict.sentence() == "warned: no file has been published"


def test_held_rows_are_not_looked_at(good_raw: Settings, spoil: Callable[[str], None]) -> None:
    spoil(cell("value", "n/a"))
    spoil("delete from okr_raw.publications where publish_seq >= 6")
    spoil("update okr_raw.files set status = 'held', publish_seq = null where publish_seq >= 6")
    verdict = check_door(good_raw, Door.RAW).verdict
    assert verdict.outcome == "warned"
    assert "template.check_ins" not in {found.asset for found in verdict.findings}


def test_cells_are_read_under_the_names_people_gave_them(
    good_raw: Settings, spoil: Callable[[str], None]
) -> None:
    spoil(
        "update okr_raw.records set cells = cells - 'check_in_date'"
        f" || jsonb_build_object('Day', cells -> 'check_in_date') where {CHECK_INS}"
    )
    assert check_door(good_raw, Door.RAW).verdict.outcome == "failed"
    spoil(
        "update okr_raw.files set cell_names = (select jsonb_agg(jsonb_build_array(name,"
        " case name when 'Day' then 'check_in_date' else name end)) from jsonb_object_keys("
        f"(select cells from okr_raw.records where {CHECK_INS} and row_number = 1)) names (name))"
        " where dataset = 'template.check_ins'"
    )
    assert check_door(good_raw, Door.RAW).verdict.outcome == "passed"
