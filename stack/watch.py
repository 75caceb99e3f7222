"""`python -m stack.watch`: look after the services; supervisor keeps it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings
from typing import NoReturn

import settings
from stack import secrets
from stack.errors import StackError
from stack.keeper.watching import Watcher
from stack.services.registry import all_services

__all__ = ["main"]


def main() -> None:
    """Watch until told to end."""
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, _end)
    try:
        config = settings.load()
        Watcher(config, all_services(config, secrets.load(config))).run()
    except (StackError, settings.SettingsError) as problem:
        sys.exit(f"Error: {problem}")


def _end(number: int, frame: object) -> NoReturn:
    os._exit(0)  # at once: a check that hangs would be waited for


if __name__ == "__main__":
    main()
