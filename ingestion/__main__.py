"""`python -m ingestion`."""

from __future__ import annotations

from ingestion.cli import cli

if __name__ == "__main__":
    cli(prog_name="python -m ingestion")
