"""What each build brought up to date, so that the next one need build only what is new."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Builds made before say nothing, and are taken as having renewed nothing."""
    op.add_column(
        "builds",
        sa.Column("renewed", JSON, comment="Staging models that ended well with all that descends from them"),
        schema="okr_ops",
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("builds", "renewed", schema="okr_ops")
