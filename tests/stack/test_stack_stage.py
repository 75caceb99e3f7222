"""Stages run in order, side by side where they may, and a failure stops only what needs it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from stack.errors import BusyError, StackError
from stack.pipeline.events import Event, Listener
from stack.pipeline.stage import Result, Stage, StageFailed, Verdict, run_stages
from stack.run_lock import run_lock


class Silent:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def begin(self, stage: Stage) -> None:
        pass

    def hear(self, stage: Stage, event: Event) -> None:
        pass

    def end(self, stage: Stage, result: Result) -> None:
        self.ended.append(stage.name)


def works(listen: Listener) -> tuple[str, dict[str, Any]]:
    return "fine", {"count": 1}


def fails(listen: Listener) -> tuple[str, dict[str, Any]]:
    raise StageFailed("it broke", {"rows": 3})


def test_what_needs_a_failed_stage_is_not_run_and_the_rest_goes_on() -> None:
    stages = [
        Stage("a", "A", works),
        Stage("b", "B", fails, needs=("a",)),
        Stage("c", "C", works, needs=("b",)),
        Stage("d", "D", works, needs=("c",)),
        Stage("e", "E", works, needs=("a",), after=("b",)),
    ]
    results = run_stages(stages, Silent())
    assert list(results) == ["a", "b", "c", "d", "e"]
    verdicts = {name: result.verdict for name, result in results.items()}
    assert verdicts == {
        "a": Verdict.DONE,
        "b": Verdict.FAILED,
        "c": Verdict.NOT_RUN,
        "d": Verdict.NOT_RUN,
        "e": Verdict.DONE,
    }
    assert (results["b"].text, results["b"].facts) == ("it broke", {"rows": 3})
    assert results["c"].text == "it needs b"


def test_a_stage_gives_up_at_the_first_need_that_failed() -> None:
    go_on = threading.Event()

    def waits(listen: Listener) -> tuple[str, dict[str, Any]]:
        assert go_on.wait(10)
        return "late", {}

    class Releases(Silent):
        def end(self, stage: Stage, result: Result) -> None:
            super().end(stage, result)
            if stage.name == "c":
                go_on.set()

    reporter = Releases()
    stages = [Stage("a", "A", fails), Stage("b", "B", waits), Stage("c", "C", works, needs=("a", "b"))]
    results = run_stages(stages, reporter)
    assert reporter.ended == ["a", "c", "b"]
    assert results["c"].text == "it needs a"


def test_an_interrupt_ends_what_was_started_and_goes_on() -> None:
    started, ended = threading.Event(), threading.Event()

    def works_long(listen: Listener) -> tuple[str, dict[str, Any]]:
        started.set()
        assert ended.wait(10)
        return "ended", {}

    class Interrupts(Silent):
        def begin(self, stage: Stage) -> None:
            if stage.name == "b":
                assert started.wait(10)
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stages([Stage("a", "A", works_long), Stage("b", "B", works)], Interrupts(), ended.set)


def test_independent_stages_run_side_by_side() -> None:
    meet = threading.Barrier(2, timeout=10)

    def wait(listen: Listener) -> tuple[str, dict[str, Any]]:
        meet.wait()
        return "met", {}

    results = run_stages([Stage("a", "A", wait), Stage("b", "B", wait)], Silent())
    assert {result.text for result in results.values()} == {"met"}


def test_any_known_error_is_a_failed_stage() -> None:
    def refuse(listen: Listener) -> tuple[str, dict[str, Any]]:
        raise StackError("no port")

    result = run_stages([Stage("a", "A", refuse)], Silent())["a"]
    assert (result.verdict, result.text) == (Verdict.FAILED, "no port")


def test_a_second_run_is_refused_with_who_has_the_lock(tmp_path: Path) -> None:
    words = r"`okr run` \(process \d+, since 20.*\) is at work"
    with run_lock(tmp_path, "okr run"), pytest.raises(BusyError, match=words), run_lock(tmp_path, "okr load"):
        pass
    with run_lock(tmp_path, "okr load"):
        pass
