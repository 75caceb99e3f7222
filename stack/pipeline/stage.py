"""Stages and the order they run in: each begins when those it needs have ended well."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from stack.errors import StackError
from stack.pipeline.events import Event, Listener

__all__ = ["Reporter", "Result", "Stage", "StageFailed", "Verdict", "run_stages"]

logger = logging.getLogger(__name__)


class Verdict(StrEnum):
    """How a stage ended."""

    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not run"


class StageFailed(StackError):
    """A stage ended badly; it may still have facts worth showing."""

    def __init__(self, reason: str, facts: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.facts = facts or {}


@dataclass(frozen=True, slots=True)
class Result:
    """How one stage ended: seconds it took, one line about it, and its facts."""

    stage: str
    verdict: Verdict
    seconds: float
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the run: `work` tells events, then returns one line and its facts, or raises StackError.

    `needs` must have ended well before it begins; `after` must have ended, in whatever way.
    """

    name: str
    title: str
    work: Callable[[Listener], tuple[str, dict[str, Any]]]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Reporter(Protocol):
    """Shows a run while it goes on."""

    def begin(self, stage: Stage) -> None:
        """A stage starts."""

    def hear(self, stage: Stage, event: Event) -> None:
        """A stage says something."""

    def end(self, stage: Stage, result: Result) -> None:
        """A stage has ended."""


def run_stages(
    stages: Sequence[Stage], reporter: Reporter, interrupted: Callable[[], None] = lambda: None
) -> dict[str, Result]:
    """Run every stage whose needs are met, side by side where the order allows; results come in order.

    When the user interrupts, `interrupted` ends what the stages have started, and the interrupt goes on.
    """
    results: dict[str, Result] = {}
    waiting = list(stages)
    running: dict[Future[Result], Stage] = {}
    with ThreadPoolExecutor(len(stages), thread_name_prefix="stage") as pool:
        try:
            while waiting or running:
                for stage in [stage for stage in waiting if _ready(stage, results)]:
                    waiting.remove(stage)
                    if result := _not_run(stage, results):
                        results[stage.name] = result
                        reporter.end(stage, result)
                    else:
                        reporter.begin(stage)
                        running[pool.submit(_run, stage, reporter)] = stage
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    stage = running.pop(future)
                    results[stage.name] = future.result()
                    reporter.end(stage, results[stage.name])
        except KeyboardInterrupt:
            interrupted()
            raise
    return {stage.name: results[stage.name] for stage in stages}


def _not_run(stage: Stage, results: dict[str, Result]) -> Result | None:
    broken = [name for name in stage.needs if name in results and results[name].verdict is not Verdict.DONE]
    return Result(stage.name, Verdict.NOT_RUN, 0.0, f"it needs {' and '.join(broken)}") if broken else None


def _ready(stage: Stage, results: dict[str, Result]) -> bool:
    if any(name in results and results[name].verdict is not Verdict.DONE for name in stage.needs):
        return all(name in results for name in stage.after)
    return all(name in results for name in (*stage.needs, *stage.after))


def _run(stage: Stage, reporter: Reporter) -> Result:
    begin = time.monotonic()
    try:
        text, facts = stage.work(lambda event: reporter.hear(stage, event))
        verdict = Verdict.DONE
    except StackError as problem:
        text, verdict = str(problem), Verdict.FAILED
        facts = problem.facts if isinstance(problem, StageFailed) else {}
    return Result(stage.name, verdict, time.monotonic() - begin, text, facts)
