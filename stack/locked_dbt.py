"""`python -m stack.locked_dbt [--tries 3] build …`: dbt, when no other build is at work on the warehouse.

Airflow and `okr run` start their builds through it. With tries, a build that ends before it came to any model
(the database does not answer) is run again; one that came to models has told their states, and is not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import settings
from stack.build_lock import build_lock

__all__ = ["run"]

PAUSE_SECONDS = 10.0
NODE_KINDS = ("model.", "seed.", "snapshot.", "test.", "unit_test.")


def run(arguments: list[str], tries: int = 1, pause: float = PAUSE_SECONDS) -> int:
    """Run dbt with these arguments under the lock; its exit code."""
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    with build_lock(settings.load().home, tell_of_waiting):
        for attempt in range(1, tries + 1):
            begin = time.time()
            code = run_once(command)
            if code <= 0 or attempt == tries or came_to_nodes(arguments, begin):
                break
            say(f"dbt ended with exit code {code} before it came to any model; next try in {pause:.0f} s")
            time.sleep(pause)
    return code


def run_once(command: list[str]) -> int:
    """Run a command to its end. What ends us ends it: a terminal interrupts both, the rest is passed on."""
    process = subprocess.Popen(command)

    def pass_on(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def came_to_nodes(arguments: list[str], begin: float) -> bool:
    """Whether the run that began then wrote a result of any model, seed or test."""
    import orjson  # noqa: PLC0415 - only needed after a failure

    path = target_folder(arguments) / "run_results.json"
    if not path.exists() or path.stat().st_mtime < begin:
        return False
    results = orjson.loads(path.read_bytes())["results"]
    return any(result["unique_id"].startswith(NODE_KINDS) for result in results)


def target_folder(arguments: list[str]) -> Path:
    """Where dbt writes its results, as it finds that out itself."""
    project = Path(value_of("--project-dir", arguments) or os.environ.get("DBT_PROJECT_DIR") or ".")
    target = value_of("--target-path", arguments) or os.environ.get("DBT_TARGET_PATH") or "target"
    return project / target


def value_of(option: str, arguments: list[str]) -> str | None:
    """What follows an option on the command line."""
    if option in arguments[:-1]:
        return arguments[arguments.index(option) + 1]
    return None


def tell_of_waiting(path: Path) -> None:
    """Say that another build is at work."""
    say(f"another build is at work (it holds {path}); waiting for it to end")


def say(text: str) -> None:
    """One line between dbt's own."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Entry of the command."""
    arguments = sys.argv[1:]
    tries = 1
    if arguments[:1] == ["--tries"]:
        tries, arguments = int(arguments[1]), arguments[2:]
    try:
        code = run(arguments, tries)
    except settings.SettingsError as problem:
        say(f"Error: {problem}")
        code = 2
    # Ended by a signal: what shells say of that.
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
