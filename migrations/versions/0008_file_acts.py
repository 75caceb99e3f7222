"""What people may do to a file: release, retract, reclassify, and replay its rejects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"

SCHEMA = "okr_raw"
JSON = sa.Text().with_variant(JSONB(), "postgresql")
NAMES = "Pairs of a cell's name in okr_raw.records and the name its dataset knows; null: the same"


def upgrade() -> None:
    """A publication says as what its rows were taken: a later word of the ledger changes no answer."""
    op.add_column("files", sa.Column("cell_names", JSON, comment=NAMES), schema=SCHEMA)
    op.add_column(
        "publications",
        sa.Column("dataset", sa.String(200), comment="What its rows are taken for; null: as the ledger says"),
        schema=SCHEMA,
    )
    op.add_column("publications", sa.Column("dataset_kind", sa.String(20)), schema=SCHEMA)
    op.add_column("publications", sa.Column("cell_names", JSON, comment=NAMES), schema=SCHEMA)
    op.execute(
        "update okr_raw.publications set"
        " dataset = (select f.dataset from okr_raw.files f where f.file_id = publications.file_id),"
        " dataset_kind = (select f.dataset_kind from okr_raw.files f where f.file_id = publications.file_id)"
    )
    op.add_column(
        "rejects",
        sa.Column(
            "publish_seq",
            sa.BigInteger,
            comment="Of a replayed row: the publication it counts from; null: from the first of its file",
        ),
        schema=SCHEMA,
    )
    _allow("'publish', 'retract', 'replay'")


def downgrade() -> None:
    """Forget it. Fails where rejects of published files were replayed."""
    _allow("'publish', 'retract'")
    op.drop_column("rejects", "publish_seq", schema=SCHEMA)
    for column in ("cell_names", "dataset_kind", "dataset"):
        op.drop_column("publications", column, schema=SCHEMA)
    op.drop_column("files", "cell_names", schema=SCHEMA)


def _allow(actions: str) -> None:
    op.drop_constraint("publications_action", "publications", schema=SCHEMA, type_="check")
    op.create_check_constraint(
        "publications_action", "publications", sa.text(f"action in ({actions})"), schema=SCHEMA
    )
