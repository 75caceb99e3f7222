"""A cell that the door takes is one that Postgres can cast, and nothing but ISO 8601 and plain numbers."""

from __future__ import annotations

import re

import pytest

from quality.suites.cells import PATTERNS

DAYS = ["2026-01-01", "2024-02-29", "2000-02-29", "2026-12-31"]
NO_DAYS = ["2026-02-30", "2023-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "01/02/2026", "yesterday"]
CLOCKS = ["10:00", "23:59:59", "10:00:00.123456", "10:00:00Z", "10:00:00+02:00", "10:00:00-0330", "10:00 +02"]
NO_CLOCKS = ["25:00", "10:60", "10:00:00 CET", "10", "10:00:00+20:00"]
NUMBERS = ["1", "-1.5", ".5", "1.", "+3", "1e5", "2.5E-3"]
NO_NUMBERS = ["1,5", "e5", ".", "NaN", "Infinity", "12%", "1e9999", ""]


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        ("number", NUMBERS, NO_NUMBERS),
        ("date", [*DAYS, *(f"{DAYS[0]}T{clock}" for clock in CLOCKS)], NO_DAYS),
        ("time", [f"{day} {clock}" for day in DAYS for clock in CLOCKS], [*DAYS, *NO_DAYS]),
        ("time", [], [f"{DAYS[0]}T{clock}" for clock in NO_CLOCKS]),
    ],
)
def test_the_pattern_of_a_kind_takes_what_can_be_cast(
    kind: str, taken: list[str], refused: list[str]
) -> None:
    assert [text for text in taken if not re.search(PATTERNS[kind], text)] == []
    assert [text for text in refused if re.search(PATTERNS[kind], text)] == []
