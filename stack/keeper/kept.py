"""The processes of ours that nobody keeps any more: found by what they carry, ended by their number."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from stack import processes
from stack.keeper.places import MARK, Places

__all__ = ["end_all", "kept_processes"]

PATIENCE = 10.0


def kept_processes(places: Places) -> list[psutil.Process]:
    """Every process that supervisor, now or before it was killed, started for this home, itself included.

    They carry the home in their environment. A program that writes its title over its environment does not
    show it any more; it is known by the session that supervisor opened and never left. Those that asked
    (this process and what it was called from) do not count.
    """
    ourselves = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    session = _session(places)
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in ourselves
        and (_carries(process, places.home) or _belongs(process, session))
        and processes.alive(process)
    ]


def end_all(places: Places) -> int:
    """End them all, politely and then by force; how many there were."""
    found = kept_processes(places)
    _signal(found, polite=True)
    _, left = psutil.wait_procs(found, timeout=PATIENCE)
    _signal(left, polite=False)
    psutil.wait_procs(left, timeout=PATIENCE)
    late = kept_processes(places)  # what they started while they were ending
    _signal(late, polite=False)
    psutil.wait_procs(late, timeout=PATIENCE)
    return len(found)


def _signal(found: list[psutil.Process], *, polite: bool) -> None:
    for process in found:
        try:
            if polite:
                process.resume()  # a stopped process hears nothing
                process.terminate()
            else:
                process.kill()
        except psutil.NoSuchProcess:
            continue


def _session(places: Places) -> int | None:
    """The session of the supervisor that wrote the pid file; None where its number is another's by now."""
    try:
        number = int(places.pid_file.read_text())
    except (OSError, ValueError):
        return None
    try:
        leader = psutil.Process(number)
        return number if _carries(leader, places.home) else None
    except psutil.NoSuchProcess:
        return number


def _belongs(process: psutil.Process, session: int | None) -> bool:
    try:
        return session is not None and os.getsid(process.pid) == session
    except OSError:
        return False


def _carries(process: psutil.Process, home: Path) -> bool:
    try:
        return bool(process.environ().get(MARK) == str(home))
    except (psutil.Error, OSError):
        return False
