"""`python -m ingestion load` or `worker` as something to be killed, stopped and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

from settings import ROOT
from stack import processes
from stack.pipeline.child import part

__all__ = ["Loader"]

ENDS_WITHIN = 20.0
ANSWER_SECONDS = 2.0


class Loader:
    """One loader and the tasks below it. A load that was overtaken by another is kept until it has ended."""

    def __init__(self, kind: str, environment: Mapping[str, str], log: Path, port: int) -> None:
        self.kind = kind
        self.process: subprocess.Popen[bytes] | None = None
        self.overtaken: list[subprocess.Popen[bytes]] = []
        self._environment = dict(environment)
        self._log = log
        self._port = port

    @property
    def is_up(self) -> bool:
        """Whether it runs, be it stopped by a signal."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self.process = self._spawn(log)

    def start_missing(self) -> None:
        """Start it, unless it runs."""
        if not self.is_up:
            self.start()

    def overtake(self) -> list[psutil.Process]:
        """Stop all of it and start another beside it; returns what was stopped, to be resumed."""
        assert self.process is not None
        family = self.family()
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.suspend()
        self.overtaken.append(self.process)
        self.start()
        return family

    def overtaken_have_ended(self) -> bool:
        """Whether those that were overtaken have given way."""
        return all(process.poll() is not None for process in self.overtaken)

    def main(self) -> list[psutil.Process]:
        """The process that hosts the tasks, if it runs."""
        return [psutil.Process(self.process.pid)] if self.process and self.is_up else []

    def tasks(self) -> list[psutil.Process]:
        """Processes of tasks: they are forked from a helper of the loader's, not by the loader itself."""
        helpers = [child for each in self.main() for child in each.children()]
        found = []
        for helper in helpers:
            with contextlib.suppress(psutil.NoSuchProcess):
                found += helper.children()
        return found

    def family(self) -> list[psutil.Process]:
        """All processes of it."""
        return [each for main in self.main() for each in (main, *main.children(recursive=True))]

    def last_words(self) -> str:
        """The last line of its log that is no progress."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return next((line for line in reversed(lines) if not line.startswith("{")), "no message")

    def health(self) -> dict[str, Any]:
        """What /health of a worker says; empty where nobody answers."""
        try:
            # The address is this very machine's: no proxy of the environment is meant for it.
            url = f"http://127.0.0.1:{self._port}/health"
            return dict(httpx.get(url, timeout=ANSWER_SECONDS, trust_env=False).json())
        except (httpx.HTTPError, ValueError):
            return {}

    def end(self) -> None:
        """Kill all of it, stopped or not."""
        for process in [*self.overtaken, *([self.process] if self.process else [])]:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait(ENDS_WITHIN)

    def ends_politely(self) -> bool:
        """Ask it to end; whether it did in time, and left no process."""
        family = self.family()
        for each in family[:1]:
            each.terminate()
        return all(processes.ends_within(each, ENDS_WITHIN) for each in family)

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            part("ingestion", self.kind),
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
