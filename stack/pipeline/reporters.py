"""The run as it is seen: bars on a terminal, plain lines everywhere else."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from stack.pipeline.events import Event
from stack.pipeline.stage import Result, Stage, Verdict

__all__ = ["BarReporter", "LineReporter", "reporter_for"]

LINE_EVERY = 10.0
MARKS = {Verdict.DONE: "[green]✓[/]", Verdict.FAILED: "[red]✗[/]", Verdict.NOT_RUN: "[yellow]–[/]"}
WORDS = {Verdict.DONE: "", Verdict.FAILED: "FAILED: ", Verdict.NOT_RUN: "not run: "}


class LineReporter:
    """One plain line when a stage has ended, and a sign of life every ten seconds."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.spoken: dict[str, float] = {}
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def begin(self, stage: Stage) -> None:
        """Nothing: the stage's line comes at its end."""
        self.spoken[stage.name] = time.monotonic()

    def hear(self, stage: Stage, event: Event) -> None:
        """Say how far a long stage is."""
        with self.lock:
            if (
                event.total
                and event.done is not None
                and time.monotonic() - self.spoken[stage.name] > LINE_EVERY
            ):
                self.spoken[stage.name] = time.monotonic()
                self._say(f"   …     {stage.title}: {event.done:,} of {event.total:,}")

    def end(self, stage: Stage, result: Result) -> None:
        """The stage's line."""
        self._say(f"{result.seconds:6.1f} s  {stage.title}: {WORDS[result.verdict]}{result.text}")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


class BarReporter:
    """A bar for each stage at work; its line stays when it has ended."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[text]}"),
            console=console,
            transient=True,
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def begin(self, stage: Stage) -> None:
        """A bar appears."""
        self.tasks[stage.name] = self.progress.add_task(stage.title, total=None, text="")

    def hear(self, stage: Stage, event: Event) -> None:
        """The bar moves."""
        text = escape(event.text[:60])
        if event.done is not None:
            self.progress.update(self.tasks[stage.name], completed=event.done, total=event.total, text=text)
        elif event.text:
            self.progress.update(self.tasks[stage.name], text=text)

    def end(self, stage: Stage, result: Result) -> None:
        """The bar gives way to one line."""
        if stage.name in self.tasks:
            self.progress.remove_task(self.tasks.pop(stage.name))
        text = WORDS[result.verdict] + escape(result.text)
        line = f"{MARKS[result.verdict]} {result.seconds:6.1f} s  {stage.title}: {text}"
        self.progress.console.print(line, highlight=False)


def reporter_for(console: Console) -> BarReporter | LineReporter:
    """Bars where they can be drawn."""
    return BarReporter(console) if console.is_terminal else LineReporter(console)
