"""The databases of the product: made when they are missing, brought to the newest schema."""

from __future__ import annotations

import logging
from importlib.metadata import version

import psycopg
from psycopg import sql

import settings
from settings import ROOT, Role
from stack.errors import ServiceError

__all__ = [
    "create_database",
    "create_databases",
    "drop_database",
    "migrate",
    "mlflow_is_current",
    "note_mlflow_version",
]

logger = logging.getLogger(__name__)


def create_databases(config: settings.Settings) -> None:
    """Make the warehouse's database, migrate it, and make MLflow's, which the training login owns."""
    postgres = config.postgres
    create_database(config, postgres.database, owner=None)
    migrate(config)
    if config.mlflow_tracking_uri is None:
        create_database(config, postgres.mlflow_database, owner=postgres.user(Role.ML))


def create_database(config: settings.Settings, database: str, owner: str | None) -> None:
    """Make a database that is missing, closed to all but its owner; ServiceError where the server refuses."""
    postgres = config.postgres
    try:
        psycopg.connect(postgres.conninfo(Role.ADMIN, database), connect_timeout=10).close()
        return
    except psycopg.OperationalError as problem:
        if "does not exist" not in str(problem):
            raise ServiceError(
                f"Postgres at {postgres.host}:{postgres.port} refuses: {_first(problem)}"
            ) from problem
    statement = sql.SQL("create database {} template template0 encoding 'UTF8'").format(
        sql.Identifier(database)
    )
    if owner:
        statement += sql.SQL(" owner {}").format(sql.Identifier(owner))
    try:
        with psycopg.connect(postgres.conninfo(Role.ADMIN, "postgres"), autocommit=True) as connection:
            connection.execute(statement)
            for close in ("revoke all on database {} from public", "grant connect on database {} to {}"):
                names = sql.Identifier(database), sql.Identifier(postgres.user(Role.ADMIN))
                connection.execute(sql.SQL(close).format(*names[: close.count("{}")]))
    except psycopg.Error as problem:
        raise ServiceError(
            f"database {database!r} is missing and {postgres.user(Role.ADMIN)!r} may not make it: "
            f"{_first(problem)}"
        ) from problem
    logger.info("Made database %s", database)


def drop_database(config: settings.Settings, database: str) -> None:
    """Drop a database, if it is there, ending whoever is signed in."""
    with psycopg.connect(config.postgres.conninfo(Role.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
        )


def migrate(config: settings.Settings) -> None:
    """Bring the warehouse's own tables to the newest schema (Alembic)."""
    from alembic import command  # noqa: PLC0415 - it brings SQLAlchemy: a quarter of a second
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        alembic = Config(str(ROOT / "migrations" / "alembic.ini"), attributes={"settings": config})
        command.upgrade(alembic, "head")
    except (CommandError, SQLAlchemyError) as problem:
        raise ServiceError(
            f"the database could not be brought to the newest schema: {_first(problem)}"
        ) from problem


def mlflow_is_current(config: settings.Settings) -> bool:
    """Whether MLflow's tables were made by the installed version."""
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = %s"
    database = config.postgres.mlflow_database
    with psycopg.connect(config.postgres.conninfo(Role.ML, database)) as connection:
        row = connection.execute(query, [database]).fetchone()
    return row is not None and row[0] == _mlflow_note()


def note_mlflow_version(config: settings.Settings) -> None:
    """Write down that MLflow's tables are those of the installed version."""
    database = config.postgres.mlflow_database
    statement = sql.SQL("comment on database {} is {}").format(
        sql.Identifier(database), sql.Literal(_mlflow_note())
    )
    with psycopg.connect(config.postgres.conninfo(Role.ML, database)) as connection:
        connection.execute(statement)


def _mlflow_note() -> str:
    return f"tables of mlflow {version('mlflow')}"


def _first(problem: Exception) -> str:
    return str(problem).strip().split("\n", 1)[0]
