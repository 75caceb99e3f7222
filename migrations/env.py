"""Alembic's entry: migrates the database of the settings it is given, else of the environment's, as admin."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

import settings

config = context.config.attributes.get("settings") or settings.load()
engine = create_engine(config.postgres.sqlalchemy_url(settings.Role.ADMIN))
with engine.connect() as connection:
    context.configure(
        connection=connection, version_table="okr_schema_version", transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
