"""The command `okr`."""

from __future__ import annotations

import click

from stack.cli.command import LazyGroup

__all__ = ["okr"]

COMMANDS = {
    "run": "stack.cli.run:run",
    "load": "stack.cli.ingestion:load",
    "files": "stack.cli.ingestion:files",
    "rejects": "stack.cli.ingestion:rejects",
    "sql": "stack.cli.sql:sql",
    "explain": "stack.cli.explain:explain",
    "export": "stack.cli.export:export",
    "rollback": "stack.cli.rollback:rollback",
    "demo-data": "stack.sample.command:demo_data",
    "user": "stack.cli.user:user",
    "up": "stack.cli.up:up",
    "status": "stack.cli.services:status",
    "down": "stack.cli.services:down",
    "logs": "stack.cli.logs:logs",
    "bench": "stack.cli.bench:bench",
    "reset": "stack.cli.services:reset",
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    examples=("okr run", "okr sql 'select * from rpt_cycle_summary'", "okr COMMAND --help"),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="okr-warehouse", prog_name="okr")
def okr() -> None:
    """CSV files of objectives and key results in; tables with history, right numbers and forecasts out."""
