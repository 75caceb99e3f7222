"""What publishing looks for by: the publications of an arrival, the arrivals of a file."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

SCHEMA = "okr_raw"
INDEXES = (("publications", "arrival_id"), ("arrivals", "file_id"))


def upgrade() -> None:
    """Thousands of small files at once were compared each with each."""
    for table, column in INDEXES:
        op.create_index(f"{table}_{column}", table, [column], schema=SCHEMA)


def downgrade() -> None:
    """Look through all again."""
    for table, column in INDEXES:
        op.drop_index(f"{table}_{column}", table, schema=SCHEMA)
