"""`python -m ingestion`."""

from __future__ import annotations

import os

from ingestion.cli import cli
from ingestion.command import PROGRAM

if __name__ == "__main__":
    # `okr load` and its relatives are these commands under another name.
    cli(prog_name=os.environ.get("OKR_PROGRAM", PROGRAM))
