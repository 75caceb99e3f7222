"""Memory of the services: each byte counted once (PSS), shared ones in parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import psutil

__all__ = ["memory_of"]


def memory_of(roots: Mapping[str, int]) -> dict[str, int]:
    """Bytes of the process trees below some processes, by the roots' names."""
    children: dict[int, list[psutil.Process]] = defaultdict(list)
    by_number: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["ppid"]):
        by_number[process.pid] = process
        children[process.info["ppid"]].append(process)
    numbers = set(roots.values())
    return {
        name: sum(_bytes(process) for process in _tree(by_number.get(root), children, numbers))
        for name, root in roots.items()
    }


def _tree(
    root: psutil.Process | None, children: Mapping[int, list[psutil.Process]], roots: set[int]
) -> list[psutil.Process]:
    """A process and what is below it, up to those that are counted under a name of their own."""
    found, waiting = [], [root] if root else []
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += [child for child in children.get(process.pid, ()) if child.pid not in roots]
    return found


def _bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
