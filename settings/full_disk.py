"""The line about a disk without room, the same from every part."""

from __future__ import annotations

import errno

__all__ = ["full_disk"]


def full_disk(problem: BaseException) -> str | None:
    """What to say where an error, or its cause, is that there is no room; None where it is another."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" that holds {str(cause.filename)!r}" if cause.filename else " of OKR_HOME"
            return f"the disk{where} is full; make room, then repeat the command: it goes on where it was"
        cause = cause.__cause__ or cause.__context__
    return None
