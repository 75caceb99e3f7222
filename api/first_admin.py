"""The first admin, and the file its generated password is read from."""

from __future__ import annotations

import os
from pathlib import Path

import settings
from api import passwords
from api.errors import ApiError
from api.users import Users

__all__ = ["ensure_admin", "forget_file"]

NAME = "admin"
FILE = "admin-password"


def ensure_admin(config: settings.Settings) -> Path | None:
    """Make the first admin where there are no users; the file with its password, else None."""
    password = passwords.generate()
    path = config.home / FILE
    try:
        # Under the lock of the table, and before anyone sees the user: a password nobody can read would be
        # worse than a file nobody needs.
        made = Users(config).add_first(NAME, password, lambda: _write(path, password))
    except OSError as problem:
        raise ApiError(f"{str(path)!r} cannot be written: {problem.strerror}") from problem
    return path if made else None


def _write(path: Path, password: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password + "\n")
    fresh.rename(path)


def forget_file(config: settings.Settings, name: str) -> None:
    """Remove the file of the first password once it is no longer that of `admin`."""
    if name == NAME:
        (config.home / FILE).unlink(missing_ok=True)
