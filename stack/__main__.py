"""Entry of `okr` and of `python -m stack`."""

from __future__ import annotations

import logging
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import click

__all__ = ["main"]


def main() -> None:
    """Run the command line; whatever goes wrong, a user reads one line and finds the rest in a file."""
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    from stack.cli.main import okr  # noqa: PLC0415 - after the filters, for imports may warn

    try:
        okr(prog_name="okr")
    except Exception as problem:  # the last stop before the user
        from settings import full_disk  # noqa: PLC0415

        line = full_disk(problem)
        line = line or f"{type(problem).__name__}: {first_line(problem)} (details: {_keep_traceback()})"
        click.echo(f"Error: {line}", err=True)
        sys.exit(1)


def first_line(problem: Exception) -> str:
    """An error's first line."""
    return str(problem).strip().split("\n", 1)[0] or "no message"


def _keep_traceback() -> Path | str:
    import traceback  # noqa: PLC0415

    import settings  # noqa: PLC0415

    try:
        log = settings.load().home / "logs" / "okr.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv)}\n{traceback.format_exc()}\n")
    except (OSError, settings.SettingsError):
        return "nowhere to write them"
    return log


if __name__ == "__main__":
    main()
