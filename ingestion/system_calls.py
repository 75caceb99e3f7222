"""Calls to the operating system that Python has no words for; where there are none, they do nothing."""

from __future__ import annotations

import ctypes
import signal
import sys

__all__ = ["die_with_parent", "give_memory_back", "name_process"]

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
SET_NAME = 15  # PR_SET_NAME
LONGEST_NAME = 15


def die_with_parent() -> None:
    """Have the system kill this process when the thread that started it is gone, even if it is stopped."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


def give_memory_back() -> None:
    """Return freed memory to the system: after a large load a task would keep it while it rests."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim:
            trim(0)


def name_process(name: str) -> None:
    """Have `ps` and `top` show a task by its name: all are forked from the same command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_NAME, name[:LONGEST_NAME].encode())
