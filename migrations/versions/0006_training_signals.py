"""Training may reach the outbox, in which it was given a place from the start."""

from __future__ import annotations

from alembic import op

import settings
from settings import Role

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The right to the table was there, the one to the schema was not; no other table in it may be read."""
    postgres = settings.load().postgres
    op.execute(f'grant usage on schema okr_raw to "{postgres.user(Role.ML)}"')


def downgrade() -> None:
    """Take the right back."""
    postgres = settings.load().postgres
    op.execute(f'revoke usage on schema okr_raw from "{postgres.user(Role.ML)}"')
