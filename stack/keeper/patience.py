"""How long to wait on a machine that has more to do than it can."""

from __future__ import annotations

import os

__all__ = ["patient"]

LONGEST = 5.0


def patient(seconds: float) -> float:
    """So many seconds on a machine with nothing else to do; in proportion more where work queues up."""
    queue = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(LONGEST, max(1.0, queue))
