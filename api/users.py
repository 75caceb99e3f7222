"""The people who may sign in, in `okr_ops.users`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import class_row

import settings
from api.database import Connection, connect
from api.errors import UserError
from api.passwords import hash_password

__all__ = ["ROLES", "User", "Users", "clean_name"]

ROLES = ("viewer", "operator", "admin")
"""From least to most."""
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")
COLUMNS = "user_name as name, role, password_hash, generation, created_at, changed_at"
INSERT = "insert into okr_ops.users (user_name, role, password_hash, generation) values (%s, %s, %s, %s)"
LOCK = "lock table okr_ops.users in share row exclusive mode"


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. A session is good as long as `generation` is what it was at its start."""

    name: str
    role: str
    password_hash: str = field(repr=False)
    generation: int
    created_at: datetime
    changed_at: datetime


def clean_name(name: str) -> str | None:
    """A user name as it is kept, in small letters; None where no user can be called so."""
    small = name.strip().lower()
    return small if NAME.fullmatch(small) else None


class Users:
    """The table of users."""

    def __init__(self, config: settings.Settings) -> None:
        self._config = config

    def find(self, name: str) -> User | None:
        """The user of a name, if there is one."""
        with connect(self._config) as connection:
            return _select(connection, name)

    def all(self) -> list[User]:
        """Every user, by name."""
        with connect(self._config) as connection, connection.cursor(row_factory=class_row(User)) as cursor:
            return cursor.execute(f"select {COLUMNS} from okr_ops.users order by user_name").fetchall()

    def add(self, name: str, role: str, password: str) -> User:
        """Add a user."""
        with connect(self._config) as connection:
            return self._insert(connection, name, role, password)

    def add_first(self, name: str, password: str, keep: Callable[[], None]) -> bool:
        """Add the first admin, unless there is any user; `keep` is called before anyone can see it."""
        with connect(self._config) as connection:
            connection.execute(LOCK)
            if connection.execute("select 1 from okr_ops.users limit 1").fetchone():
                return False
            self._insert(connection, name, "admin", password)
            keep()
        return True

    def remove(self, name: str) -> None:
        """Remove a user; all its sessions end."""
        with connect(self._config) as connection:
            self._keep_an_admin(connection, name, "removed")
            connection.execute("delete from okr_ops.users where user_name = %s", [name])

    def set_role(self, name: str, role: str) -> None:
        """Give a user another role."""
        _check_role(role)
        with connect(self._config) as connection:
            if role != "admin":
                self._keep_an_admin(connection, name, f"made {role}")
            self._change(connection, name, "role = %s", role)

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password; all its sessions end."""
        kept = hash_password(password)
        with connect(self._config) as connection:
            self._change(connection, name, "password_hash = %s, generation = generation + 1", kept)

    def end_sessions(self, name: str) -> None:
        """End all sessions of a user."""
        with connect(self._config) as connection:
            self._change(connection, name, "generation = generation + %s", 1)

    def _insert(self, connection: Connection, name: str, role: str, password: str) -> User:
        kept_name = clean_name(name)
        if kept_name is None:
            raise UserError(
                f"{name!r} cannot be a user name: up to 100 letters, digits and . _ @ - , "
                "the first one a letter or a digit"
            )
        _check_role(role)
        # A random start: the sessions of someone removed must not fit a later user of the same name.
        values = [kept_name, role, hash_password(password), secrets.randbelow(2**30)]
        try:
            connection.execute(
                INSERT,
                values,
            )
        except psycopg.errors.UniqueViolation as problem:
            raise UserError(f"there is a user {kept_name!r} already; `okr user list` shows all") from problem
        user = _select(connection, kept_name)
        assert user
        return user

    def _change(self, connection: Connection, name: str, change: str, value: object) -> None:
        statement = f"update okr_ops.users set {change}, changed_at = current_timestamp where user_name = %s"
        if not connection.execute(statement, [value, name]).rowcount:
            raise _unknown(name)

    def _keep_an_admin(self, connection: Connection, name: str, change: str) -> None:
        connection.execute(LOCK)
        user = _select(connection, name)
        if user is None:
            raise _unknown(name)
        others = "select 1 from okr_ops.users where role = 'admin' and user_name <> %s limit 1"
        if user.role == "admin" and not connection.execute(others, [name]).fetchone():
            raise UserError(f"{name!r} is the last admin and cannot be {change}; add another admin first")


def _select(connection: Connection, name: str) -> User | None:
    with connection.cursor(row_factory=class_row(User)) as cursor:
        query = f"select {COLUMNS} from okr_ops.users where user_name = %s"
        return cursor.execute(query, [name]).fetchone()


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UserError(f"role {role!r} is none of {', '.join(ROLES)}")


def _unknown(name: str) -> UserError:
    return UserError(f"there is no user {name!r}; `okr user list` shows all")
