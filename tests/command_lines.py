"""Command lines of processes, which anybody on a machine may read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

__all__ = ["command_lines_noted"]

LOOK_SECONDS = 0.1


@contextmanager
def command_lines_noted(seen: set[str]) -> Iterator[None]:
    """Meanwhile the command line of every process there is goes into `seen`."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            seen.update(" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"]))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
