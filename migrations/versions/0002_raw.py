"""okr_raw: the ledger of files, their rows as they came, rejects, positions and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

import settings
from settings import Role

revision = "0002"
down_revision = "0001"

SCHEMA = "okr_raw"
JSON = sa.Text().with_variant(JSONB(), "postgresql")
NOW = sa.text("current_timestamp")
TIMESTAMP = sa.TIMESTAMP(timezone=True)
STATUSES = ("loading", "loaded", "held", "failed", "retracted")


def upgrade() -> None:
    """Make the tables and say who may do what with them."""
    files()
    arrivals()
    rows()
    movement()
    grants()


def files() -> None:
    """The ledger: one row per content of a source instance."""
    op.create_table(
        "files",
        sa.Column("file_id", sa.String(64), primary_key=True, comment="SHA-256 over instance and content"),
        sa.Column(
            "source_instance", sa.String(200), nullable=False, comment="First folder under the data root"
        ),
        sa.Column(
            "path",
            sa.String(4000),
            nullable=False,
            comment="Where it was first seen, relative to the data root",
        ),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column(
            "dataset", sa.String(200), nullable=False, comment="system.table of datasets.yml, or unknown"
        ),
        sa.Column("dataset_kind", sa.String(20), comment="append, snapshot or change_set"),
        sa.Column(
            "nearest_dataset", sa.String(200), comment="For an unknown layout: the dataset most like it"
        ),
        sa.Column(
            "missing_columns", sa.String(4000), comment="What the nearest dataset has and this file has not"
        ),
        sa.Column(
            "known_at_basis", sa.String(20), nullable=False, comment="published, or recorded for a backfill"
        ),
        sa.Column("encoding", sa.String(40)),
        sa.Column("dialect", JSON),
        sa.Column("header", JSON, comment="Unique header names in file order"),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column(
            "rows_read", sa.BigInteger, comment="Records after the header; null until the file's end is known"
        ),
        sa.Column("rows_loaded", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("rows_rejected", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("rows_skipped", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("skipped_by_kind", JSON, comment="blank, comment, preamble, total: count of each"),
        sa.Column("reason", sa.String(4000), comment="Why it is held, failed, retracted or unknown"),
        sa.Column("publish_seq", sa.BigInteger, comment="Of its latest publication"),
        sa.Column("discovered_at", TIMESTAMP, nullable=False),
        sa.Column("known_at", TIMESTAMP, comment="When it was first published"),
        sa.CheckConstraint(f"status in {STATUSES}", name="files_status"),
        schema=SCHEMA,
    )


def arrivals() -> None:
    """One row per arrival of a content, one per publication of it, and what was passed over."""
    op.create_table(
        "arrivals",
        sa.Column("arrival_id", sa.String(64), primary_key=True),
        sa.Column("file_id", sa.String(64), sa.ForeignKey(f"{SCHEMA}.files.file_id"), nullable=False),
        sa.Column("path", sa.String(4000), nullable=False),
        sa.Column(
            "previous_arrival_id",
            sa.String(64),
            comment="What lay at this path before: it is published first",
        ),
        sa.Column("snapshot_date", sa.Date, comment="Business date of a state of things"),
        sa.Column("snapshot_date_source", sa.String(20), comment="column, option, file name or file time"),
        sa.Column("discovered_at", TIMESTAMP, nullable=False),
        sa.Column("last_seen_at", TIMESTAMP, nullable=False, comment="The same bytes were seen here last"),
        schema=SCHEMA,
    )
    op.create_table(
        "publications",
        sa.Column("publish_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("file_id", sa.String(64), sa.ForeignKey(f"{SCHEMA}.files.file_id"), nullable=False),
        sa.Column(
            "arrival_id", sa.String(64), sa.ForeignKey(f"{SCHEMA}.arrivals.arrival_id"), nullable=False
        ),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("known_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint("action in ('publish', 'retract')", name="publications_action"),
        schema=SCHEMA,
    )
    op.create_table(
        "ignored_files",
        sa.Column("path", sa.String(4000), primary_key=True),
        sa.Column("reason", sa.String(4000), nullable=False),
        sa.Column("discovered_at", TIMESTAMP, nullable=False),
        schema=SCHEMA,
    )


def rows() -> None:
    """Every row as it came, and every row that could not be read."""
    op.create_table(
        "records",
        sa.Column("file_id", sa.String(64), primary_key=True),
        sa.Column(
            "row_number",
            sa.BigInteger,
            primary_key=True,
            autoincrement=False,
            comment="Record number, from 1",
        ),
        sa.Column(
            "line_number", sa.BigInteger, nullable=False, comment="Line of the file the record began on"
        ),
        sa.Column("cells", JSON, nullable=False, comment="Header name to text, as it was"),
        sa.Column("topic_partition", sa.Integer, nullable=False),
        sa.Column("topic_offset", sa.BigInteger, nullable=False),
        sa.Column("loaded_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema=SCHEMA,
    )
    op.create_table(
        "rejects",
        sa.Column("file_id", sa.String(64), primary_key=True),
        sa.Column("row_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("line_number", sa.BigInteger),
        sa.Column("reason_code", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(4000), nullable=False),
        sa.Column("byte_offset", sa.BigInteger),
        sa.Column("byte_length", sa.BigInteger),
        sa.Column("raw_bytes", sa.LargeBinary, comment="At most 64 KiB of the row"),
        sa.Column("rejected_at", TIMESTAMP, nullable=False, server_default=NOW),
        sa.Column("resolved_at", TIMESTAMP),
        sa.Column("resolution", sa.String(4000)),
        schema=SCHEMA,
    )


def movement() -> None:
    """How far each consumer has come, and what there is to tell others."""
    op.create_table(
        "positions",
        sa.Column("connector", sa.String(200), primary_key=True),
        sa.Column("topic", sa.String(249), primary_key=True),
        sa.Column("topic_partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cluster_id", sa.String(100), nullable=False),
        sa.Column("topic_id", sa.String(100), nullable=False),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
        sa.Column("owner_pid", sa.Integer, comment="Database session of the task that owns the partition"),
        sa.Column(
            "owner_started_at", TIMESTAMP, comment="Start of that session: a pid alone may be another's"
        ),
        sa.Column("updated_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema=SCHEMA,
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "signal", sa.String(60), nullable=False, comment="file_published, build_done or model_promoted"
        ),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema=SCHEMA,
    )


def grants() -> None:
    """Least privilege: rows are added, never changed; only the ledger and the positions move."""
    postgres = settings.load().postgres

    def grant(rights: str, tables: str, *roles: Role) -> None:
        names = ", ".join(f"{SCHEMA}.{table}" for table in tables.split())
        for role in roles:
            op.execute(f'grant {rights} on {names} to "{postgres.user(role)}"')

    every = "files arrivals publications ignored_files records rejects positions outbox"
    grant("select", every, Role.LOADER, Role.AUDITOR)
    grant(
        "select", "files arrivals publications ignored_files records rejects", Role.TRANSFORMER, Role.QUALITY
    )
    grant("insert", every, Role.LOADER)
    grant("update", "files arrivals rejects positions ignored_files", Role.LOADER)
    grant("delete", "ignored_files", Role.LOADER)
    grant("select, insert", "outbox", Role.TRANSFORMER, Role.ML)


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "outbox",
        "positions",
        "rejects",
        "records",
        "ignored_files",
        "publications",
        "arrivals",
        "files",
    ):
        op.drop_table(table, schema=SCHEMA)
