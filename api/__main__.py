"""Entry of `python -m api`."""

from __future__ import annotations

import logging
import os
import sys

from api.user_commands import commands

__all__ = ["main"]


def main() -> None:
    """Run the command line; `OKR_PROGRAM` is the name a user typed, where it is another."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    commands(prog_name=os.environ.get("OKR_PROGRAM", "python -m api"))


if __name__ == "__main__":
    main()
