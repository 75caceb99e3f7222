"""The logs of the services: their ends, and the line that says why one failed."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["exit_reason", "last_words", "size", "tail"]

TAIL_BYTES = 40_000
LONGEST_REASON = 300
TELLING = re.compile(
    r"\b\w*(Error|Exception)\b|\b(FATAL|PANIC|CRITICAL|ERROR|emerg)\b|\berror:|[Aa]ddress already in use"
)
FRAME = re.compile(r"^(\s+|at |Traceback|The above exception|During handling)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def tail(path: Path, since: int = 0) -> list[str]:
    """The last lines of a log, of what was written from a place on; nothing where there is no log."""
    try:
        with path.open("rb") as log:
            end = path.stat().st_size
            since = since if since <= end else 0  # it was rotated
            log.seek(max(since, end - TAIL_BYTES))
            return COLOUR.sub("", log.read().decode(errors="replace")).splitlines()
    except OSError:
        return []


def size(path: Path) -> int:
    """How long a log is now."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def last_words(path: Path, since: int = 0) -> str:
    """The last line that says something, one that speaks of an error if there is one."""
    lines = [line for line in tail(path, since) if line.strip() and not FRAME.match(line)]
    telling = [line for line in lines if TELLING.search(line)]
    plain = [line for line in lines if "Warning" not in line]
    return (telling or plain or lines or ["its log is empty"])[-1].strip()[:LONGEST_REASON]


def exit_reason(supervisor_log: Path, name: str) -> str | None:
    """How a service ended last, in supervisor's words."""
    pattern = re.compile(rf"(?:exited|stopped): {re.escape(name)} \((.*)\)")
    found = [match[1] for line in tail(supervisor_log) if (match := pattern.search(line))]
    return found[-1].replace("; not expected", "").replace("; expected", "") if found else None
