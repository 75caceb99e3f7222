"""One part of the product run as a process of its own, listened to line by line."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import settings
from settings import ROOT
from stack.pipeline.events import Event, Listener, parse_event

__all__ = ["Child", "Outcome"]

Parser = Callable[[str], Event | None]
WORDS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended: exit code, the facts of its last `done` event, and why it failed if it did."""

    code: int
    facts: dict[str, Any]
    reason: str


@dataclass(slots=True)
class Child:
    """A command to run from the repository's root in a given environment; its log is kept in a file."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    parser: Parser = parse_event
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def run(self, listener: Listener) -> Outcome:
        """Run to the end; every event is passed to `listener` as it comes."""
        facts: dict[str, Any] = {}
        said: deque[str] = deque(maxlen=WORDS_KEPT)
        conclusion = ""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            log.write(f"$ {' '.join(self.command)}\n")
            self._process = subprocess.Popen(
                list(self.command),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            assert self._process.stdout and self._process.stderr
            errors = threading.Thread(target=_drain, args=(self._process.stderr, said, log))
            errors.start()
            for line in self._process.stdout:
                event = self.parser(line)
                if event is None:
                    continue
                if event.kind == "done":
                    facts, conclusion = event.facts, event.text
                elif event.kind == "message" and event.text:
                    said.append(event.text)
                    log.write(event.text + "\n")
                listener(event)
            code = self._process.wait()
            errors.join()
        return Outcome(code, facts, "" if code == 0 else conclusion or _last_words(said, code))

    def end(self) -> None:
        """Ask the child to stop, if it runs."""
        if self._process and self._process.poll() is None:
            self._process.terminate()


def part(name: str, *arguments: str) -> list[str]:
    """Command line of one of our parts."""
    return [sys.executable, "-m", name, *arguments]


def dbt(*arguments: str) -> list[str]:
    """Command line of dbt, one build at a time, with a log that machines can read."""
    return [
        *part("stack.locked_dbt"),
        "--log-format",
        "json",
        "--log-level",
        "info",
        "--log-level-file",
        "none",
        *arguments,
    ]


def environment(**changes: str) -> dict[str, str]:
    """Environment of a child: ours, what `.env` adds, and `changes` on top."""
    return {**settings.environment(), "PYTHONUNBUFFERED": "1", **changes}


def _drain(stream: IO[str], said: deque[str], log: IO[str]) -> None:
    for line in stream:
        log.write(line)
        if line.strip():
            said.append(line.strip())


def _last_words(said: deque[str], code: int) -> str:
    """The line that says why: the one marked as an error, else the last."""
    marked = [line for line in said if line.startswith("Error: ")]
    line = (marked or list(said) or [f"it ended with exit code {code}"])[-1]
    return line.removeprefix("Error: ")
