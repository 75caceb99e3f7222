"""`python -m stack.serve postgres|kafka`: one of the embedded servers in the foreground, for supervisor.

What must be there is made ready, then this process becomes the server itself, so that the process supervisor
keeps is the one that serves.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import settings
from stack.errors import StackError
from stack.kafka_server import KafkaServer
from stack.keeper.places import MARK
from stack.postgres_server import PostgresServer

__all__ = ["main", "serve"]


def serve(name: str) -> NoReturn:
    """Become the server of that name. Raises StackError where it cannot be made ready."""
    config = settings.load()
    if name == "postgres":
        kept_by = {MARK: os.environ[MARK]} if MARK in os.environ else {}
        PostgresServer(config).serve(OKR_HOME=str(config.home), **kept_by)
    if name == "kafka":
        KafkaServer(config).serve()
    raise StackError(f"{name!r} is no server; there are postgres and kafka")


def main() -> None:
    """Serve what the command line names; what goes wrong is one line."""
    try:
        serve(sys.argv[1] if len(sys.argv) > 1 else "")
    except (StackError, settings.SettingsError) as problem:
        sys.exit(f"Error: {problem}")


if __name__ == "__main__":
    main()
