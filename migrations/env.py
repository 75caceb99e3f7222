"""Alembic's entry: migrates the database that the settings name, as its admin login."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

import settings

engine = create_engine(settings.load().postgres.sqlalchemy_url(settings.Role.ADMIN))
with engine.connect() as connection:
    context.configure(
        connection=connection, version_table="okr_schema_version", transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
