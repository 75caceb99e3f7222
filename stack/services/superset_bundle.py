"""`python -m stack.services.superset_bundle import|export`: bundle.py with the service's settings."""

from __future__ import annotations

import os
import sys

import settings
from stack import secrets
from stack.services import superset_server


def main() -> None:
    """Become bundle.py, in Superset's environment."""
    config = settings.load()
    (service,) = superset_server.define(config, secrets.load(config))
    script = str(superset_server.FOLDER / "bundle.py")
    os.execve(
        service.command[0], [service.command[0], script, *sys.argv[1:]], os.environ | service.environment
    )


if __name__ == "__main__":
    main()
