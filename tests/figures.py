"""Figures that tests tell at the end of a run: tables by heading, also out of the workers of pytest-xdist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["tell"]

Figures = dict[str, list[str]]
FIGURES = pytest.StashKey[Figures]()


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str, str], None]:
    """Call it with a heading and a line for the end of the run."""
    figures = _figures(pytestconfig)
    return lambda heading, line: figures.setdefault(heading, []).append(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its figures over to the process that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = _figures(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker was told; one that crashed hands nothing over."""
    for heading, lines in getattr(node, "workeroutput", {}).get("figures", {}).items():
        _figures(node.config).setdefault(heading, []).extend(lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print each table."""
    for heading, lines in sorted(_figures(config).items()):
        terminalreporter.section(heading)
        terminalreporter.write_line("\n".join(lines))


def _figures(config: pytest.Config) -> Figures:
    return config.stash.setdefault(FIGURES, {})
