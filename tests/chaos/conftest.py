"""Chaos rounds are told in the terminal summary: what was done when, with the seed that repeats it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ROUNDS = pytest.StashKey[list[dict[str, Any]]]()


@pytest.fixture
def tell_in_summary(pytestconfig: pytest.Config) -> Callable[[dict[str, Any]], None]:
    """Call it with the facts of `okr bench chaos`."""
    return pytestconfig.stash.setdefault(ROUNDS, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for facts in config.stash.get(ROUNDS, []):
        terminalreporter.section(
            f"chaos: {facts['rows']} rows in {facts['files']} files, seed {facts['seed']}"
        )
        for each in facts["results"]:
            verdict = "equal" if each["equal"] else "DIFFERENT"
            terminalreporter.write_line(
                f"{each['round']:>2}  {each['loader']:<6} {each['seconds']:>5} s  {verdict}  "
                + "; ".join(each["disturbances"])
            )
