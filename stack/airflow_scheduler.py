"""`python -m stack.airflow_scheduler`: end what an earlier scheduler left behind, then become the scheduler.

A scheduler that is killed leaves its executor's workers, and they their tasks. The next scheduler starts
those tasks again, so that without this each would run twice.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

__all__ = ["end_leftovers", "leftovers", "main"]

TITLES = ("airflow worker", "airflow task", "airflow scheduler", "airflow supervisor")
PATIENCE = 10.0


def leftovers() -> tuple[list[psutil.Process], list[psutil.Process]]:
    """Of this home, and led by no living scheduler: Airflow's own processes, and the commands of tasks."""
    session = os.getsid(0)
    orphans = [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _is_ours(process, session) and _is_orphan(process, session)
    ]
    found = {process.pid: process for process in orphans}
    for orphan in orphans:
        try:
            found |= {child.pid: child for child in orphan.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    airflows = [process for process in found.values() if _is_airflow(process)]
    return airflows, [process for process in found.values() if process not in airflows]


def end_leftovers() -> int:
    """End them; how many there were.

    Airflow's own at once, before they can report a task as failed that is only to be run again; commands
    politely first, for they may have work in a database.
    """
    airflows, commands = leftovers()
    for process in airflows:
        _send(process, "kill")
    for process in commands:
        _send(process, "terminate")
    _, alive = psutil.wait_procs(airflows + commands, timeout=PATIENCE)
    for process in alive:
        _send(process, "kill")
    psutil.wait_procs(alive, timeout=PATIENCE)
    return len(airflows) + len(commands)


def main() -> None:
    """End the leftovers and go on as Airflow, under the same process number."""
    if ended := end_leftovers():
        sys.stderr.write(f"Ended {ended} processes of an earlier scheduler\n")
        sys.stderr.flush()
    airflow = str(Path(sys.executable).with_name("airflow"))
    os.execv(airflow, [airflow, "scheduler", "--skip-serve-logs"])


def _is_airflow(process: psutil.Process) -> bool:
    try:
        return " ".join(process.cmdline()).startswith(TITLES)
    except psutil.Error:
        return False


def _is_ours(process: psutil.Process, session: int) -> bool:
    """By title, within the session of the keeper; or by what a task's command finds in its environment."""
    try:
        if os.getsid(process.pid) == session:
            return _is_airflow(process)
        found = process.environ()
    except (psutil.Error, OSError):
        return False
    return "AIRFLOW_CTX_DAG_ID" in found and found.get("AIRFLOW_HOME") == os.environ.get("AIRFLOW_HOME")


def _is_orphan(process: psutil.Process, session: int) -> bool:
    try:
        return session not in {parent.pid for parent in process.parents()}
    except psutil.Error:
        return False


def _send(process: psutil.Process, signal: str) -> None:
    try:
        getattr(process, signal)()
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    main()
