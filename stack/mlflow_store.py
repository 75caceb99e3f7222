"""`python -m stack.mlflow_store`: make MLflow's tables, or bring them up to date.

A process of its own, for MLflow takes seconds to import. The store's address, which may hold a password, is
read from the settings and never stands on a command line.
"""

from __future__ import annotations

from mlflow.db import commands

import settings

__all__ = ["main"]


def main() -> None:
    """Upgrade the store the settings name."""
    commands.main(["upgrade", settings.load().tracking_uri()], standalone_mode=False)


if __name__ == "__main__":
    main()
