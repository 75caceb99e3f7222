"""Roles of the parts, and the schemas they own."""

from __future__ import annotations

from alembic import op
from psycopg2.extensions import encrypt_password
from sqlalchemy import text

import settings
from settings import Role

revision = "0001"
down_revision = None

OWNERS = {
    "okr_raw": Role.ADMIN,
    "okr_ml": Role.ADMIN,
    "okr_ops": Role.ADMIN,
    "okr_processed": Role.TRANSFORMER,
    "okr_curated": Role.TRANSFORMER,
}
ROLES = (
    Role.ADMIN,
    Role.LOADER,
    Role.TRANSFORMER,
    Role.ML,
    Role.QUALITY,
    Role.API,
    Role.ANALYST,
    Role.AUDITOR,
)
READS = {
    "okr_raw": (Role.LOADER, Role.TRANSFORMER, Role.QUALITY, Role.AUDITOR),
    "okr_ml": (Role.ML, Role.TRANSFORMER, Role.QUALITY, Role.AUDITOR, Role.API),
    "okr_ops": (Role.LOADER, Role.TRANSFORMER, Role.ML, Role.QUALITY, Role.AUDITOR, Role.API),
    "okr_processed": (Role.LOADER, Role.AUDITOR),
    "okr_curated": (Role.ML, Role.QUALITY, Role.API, Role.ANALYST, Role.AUDITOR),
}


def upgrade() -> None:
    """Make each role that the server does not have yet, then the schemas and who may look into them."""
    postgres = settings.load().postgres
    connection = op.get_bind()
    quote = connection.dialect.identifier_preparer.quote
    database = quote(postgres.database)
    op.execute(f"revoke all on database {database} from public")
    op.execute("revoke all on schema public from public")
    for role in ROLES:
        user = postgres.user(role)
        if role is Role.ADMIN:
            continue
        if not connection.scalar(text("select 1 from pg_roles where rolname = :user"), {"user": user}):
            op.execute(f"create role {quote(user)} login")
            if not connection.scalar(text("select rolsuper from pg_roles where rolname = current_user")):
                # Where a server gives no superuser, only a member may make what another is to own.
                op.execute(f"grant {quote(user)} to current_user")
        if (password := postgres.password(role)) is not None:
            # Hashed here, so that the password is in no statement, and with it in no log of the server.
            verifier = encrypt_password(password, user, connection.connection.dbapi_connection)
            op.execute(text(f"alter role {quote(user)} password '{verifier}'".replace(":", r"\:")))
        op.execute(f"grant connect on database {database} to {quote(user)}")
    for schema, owner in OWNERS.items():
        op.execute(f"create schema {schema} authorization {quote(postgres.user(owner))}")
        for role in READS[schema]:
            op.execute(f"grant usage on schema {schema} to {quote(postgres.user(role))}")
    for role in (Role.ANALYST, Role.API):
        op.execute(f"alter role {quote(postgres.user(role))} set search_path = okr_curated")
    # Incremental models and unit tests make temporary tables. (0007 takes the right to create back.)
    op.execute(f"grant create, temporary on database {database} to {quote(postgres.user(Role.TRANSFORMER))}")
    # After windows and ranges the planner takes thousands of rows for one and loops over them: seen 131 s
    # for what a hash join does in 1 s. Models join whole tables, so the transformer never needs that plan.
    op.execute(f"alter role {quote(postgres.user(Role.TRANSFORMER))} set enable_nestloop = off")


def downgrade() -> None:
    """Drop the schemas with all they hold; the roles stay, for they may own things elsewhere."""
    for schema in OWNERS:
        op.execute(f"drop schema {schema} cascade")
