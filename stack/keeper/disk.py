"""Room on the disk that holds `OKR_HOME`."""

from __future__ import annotations

import shutil
from pathlib import Path

from stack.errors import StackError

__all__ = ["free_bytes", "refuse_full_disk", "warning"]

REFUSED_BELOW = 500_000_000
WARNED_BELOW = 2_000_000_000


def free_bytes(home: Path) -> int:
    """Bytes that may still be written."""
    while not home.exists():
        home = home.parent
    return shutil.disk_usage(home).free


def refuse_full_disk(home: Path) -> None:
    """Raise StackError where so little is left that databases would stop in the middle of something."""
    free = free_bytes(home)
    if free < REFUSED_BELOW:
        raise StackError(
            f"OKR_HOME={str(home)!r}: {free / 1e6:,.0f} MB of disk are left, "
            f"{REFUSED_BELOW / 1e6:,.0f} MB are needed to start; make room, or set OKR_HOME to a larger disk"
        )


def warning(home: Path) -> str | None:
    """One line where the disk is nearly full."""
    free = free_bytes(home)
    if free >= WARNED_BELOW:
        return None
    return (
        f"{free / 1e6:,.0f} MB of disk are left in {home}; below {REFUSED_BELOW / 1e6:,.0f} MB nothing starts"
    )
