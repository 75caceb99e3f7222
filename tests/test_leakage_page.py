"""docs/leakage.md names exactly the traps that tests plant, and where."""

from __future__ import annotations

import re
from collections import defaultdict

from settings import ROOT

TRAPS = range(1, 19)
SHORT = {"features": "test_leakage_in_features", "build": "test_leakage_tests_of_a_build"}
PLANTED = re.compile(r"(?:mark\.trap|\bTrap)\(\s*(\d+)")
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)


def test_the_page_on_leakage_lists_exactly_the_traps_that_are_planted() -> None:
    planted: dict[int, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for number in PLANTED.findall(path.read_text(encoding="utf-8")):
            planted[int(number)].add(path.stem)
    rows = ROW.findall((ROOT / "docs" / "leakage.md").read_text(encoding="utf-8"))
    listed = {int(number): {SHORT.get(name, name) for name in files.split(", ")} for number, files in rows}
    assert [int(number) for number, _ in rows] == [*TRAPS]
    assert listed == planted
