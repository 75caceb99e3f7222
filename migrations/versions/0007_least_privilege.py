"""Rights that no part uses are taken back, and the services' databases are closed to the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import settings
from settings import Role

revision = "0007"
down_revision = "0006"

UNUSED = (
    ("okr_ops", "insert, update", "alerts", (Role.LOADER, Role.ML, Role.QUALITY)),
    ("okr_ops", "select", "builds quality_results run_stages alerts", (Role.LOADER,)),
    ("okr_ops", "select", "quality_results run_stages alerts", (Role.ML,)),
    ("okr_ml", "select", "forecasts evaluations promotions", (Role.QUALITY,)),
)
USAGE_WITH_IT = (("okr_ops", Role.LOADER), ("okr_ml", Role.QUALITY))


def upgrade() -> None:
    """Take back what was too wide: docs/roles.md says what is left, and a test tries it."""
    _each("revoke", "from")
    postgres = settings.load().postgres
    connection = op.get_bind()
    quote = connection.dialect.identifier_preparer.quote
    # dbt makes a schema only where it is missing, and 0001 has made all there are.
    op.execute(
        f"revoke create on database {quote(postgres.database)} from {quote(postgres.user(Role.TRANSFORMER))}"
    )
    for database in (postgres.mlflow_database, postgres.airflow_database, postgres.superset_database):
        if connection.scalar(sa.text("select 1 from pg_database where datname = :name"), {"name": database}):
            op.execute(f"revoke all on database {quote(database)} from public")
            op.execute(f"grant connect on database {quote(database)} to {quote(postgres.user(Role.ADMIN))}")


def downgrade() -> None:
    """Give the rights back."""
    _each("grant", "to")
    postgres = settings.load().postgres
    op.execute(f'grant create on database "{postgres.database}" to "{postgres.user(Role.TRANSFORMER)}"')


def _each(verb: str, preposition: str) -> None:
    postgres = settings.load().postgres
    for schema, rights, names, roles in UNUSED:
        tables = ", ".join(f"{schema}.{name}" for name in names.split())
        for role in roles:
            op.execute(f'{verb} {rights} on {tables} {preposition} "{postgres.user(role)}"')
    for schema, role in USAGE_WITH_IT:
        op.execute(f'{verb} usage on schema {schema} {preposition} "{postgres.user(role)}"')
