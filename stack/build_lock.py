"""The lock that lets one dbt build work on a warehouse at a time, whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["build_lock"]


@contextmanager
def build_lock(home: Path, waiting: Callable[[Path], None] = lambda path: None) -> Iterator[None]:
    """Hold `build.lock` of `home`, the same that util-linux `flock` takes; `waiting` is told once.

    The operating system frees the lock with its process, however that ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / "build.lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting(path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
