"""Logins of Superset and Airflow, people who may sign in, and alerts that settle."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from psycopg2.extensions import encrypt_password

import settings
from settings import Role

revision = "0004"
down_revision = "0003"

NOW = sa.text("current_timestamp")
TIMESTAMP = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Make the logins and tables and say who may do what."""
    logins()
    op.create_table(
        "users",
        sa.Column("user_name", sa.String(200), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False, comment="viewer, operator or admin"),
        sa.Column("password_hash", sa.String(400), nullable=False),
        sa.Column(
            "generation", sa.Integer, nullable=False, server_default="1", comment="Raised to end all sessions"
        ),
        sa.Column("created_at", TIMESTAMP, nullable=False, server_default=NOW),
        sa.Column("changed_at", TIMESTAMP, nullable=False, server_default=NOW),
        sa.CheckConstraint("role in ('viewer', 'operator', 'admin')", name="users_role"),
        schema="okr_ops",
    )
    op.create_table(
        "sign_ins",
        sa.Column("sign_in_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("user_name", sa.String(200), nullable=False),
        sa.Column("client_address", sa.String(60), nullable=False),
        sa.Column("is_success", sa.SmallInteger, nullable=False),
        sa.Column("tried_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema="okr_ops",
    )
    op.create_index("sign_ins_tried_at", "sign_ins", ["tried_at"], schema="okr_ops")
    grants()


def logins() -> None:
    """A login for each of the two, which may connect to the warehouse; Superset reads what is curated."""
    postgres = settings.load().postgres
    connection = op.get_bind()
    quote = connection.dialect.identifier_preparer.quote
    for role in (Role.SUPERSET, Role.AIRFLOW):
        user = postgres.user(role)
        found = connection.scalar(sa.text("select 1 from pg_roles where rolname = :user"), {"user": user})
        if not found:
            op.execute(f"create role {quote(user)} login")
            if not connection.scalar(sa.text("select rolsuper from pg_roles where rolname = current_user")):
                op.execute(f"grant {quote(user)} to current_user")
        if (password := postgres.password(role)) is not None:
            # Hashed here, so that the password is in no statement, and with it in no log of the server.
            verifier = encrypt_password(password, user, connection.connection.dbapi_connection)
            op.execute(sa.text(f"alter role {quote(user)} password '{verifier}'".replace(":", r"\:")))
    reader = quote(postgres.user(Role.SUPERSET))
    op.execute(f"grant connect on database {quote(postgres.database)} to {reader}")
    op.execute(f"grant usage on schema okr_curated to {reader}")
    op.execute(f"alter role {reader} set search_path = okr_curated")


def grants() -> None:
    """The API keeps people and their sign-ins; whoever raises an alert may settle it."""
    postgres = settings.load().postgres

    def grant(rights: str, table: str, *roles: Role) -> None:
        for role in roles:
            op.execute(f'grant {rights} on {table} to "{postgres.user(role)}"')

    grant("select, insert, update, delete", "okr_ops.users", Role.API)
    grant("select, insert, delete", "okr_ops.sign_ins", Role.API)
    grant("update", "okr_ops.alerts", Role.TRANSFORMER, Role.LOADER, Role.ML, Role.QUALITY)
    op.execute(f'grant usage on schema okr_raw to "{postgres.user(Role.API)}"')
    grant("select", "okr_raw.files", Role.API)
    grant("select", "okr_raw.publications", Role.API)
    grant("select", "okr_raw.positions", Role.API)


def downgrade() -> None:
    """Drop the tables; the logins stay, for they may own things elsewhere."""
    op.drop_table("sign_ins", schema="okr_ops")
    op.drop_table("users", schema="okr_ops")
