"""Passwords: hashed by werkzeug (scrypt), compared in the same time for a known and an unknown user."""

from __future__ import annotations

import secrets
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from api.errors import UserError

__all__ = ["SHORTEST", "generate", "hash_password", "is_right"]

SHORTEST = 10
LONGEST = 1000


def generate() -> str:
    """A new password that nobody can guess."""
    return secrets.token_urlsafe(18)


def hash_password(password: str) -> str:
    """What is kept of a password; UserError where it is too short."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(
            f"a password has {SHORTEST} to {LONGEST:,} characters, this one has {len(password):,}"
        )
    return generate_password_hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was kept; None (no such user) takes as long as a wrong one."""
    if len(password) > LONGEST:
        return False
    return check_password_hash(kept or _nobody(), password) and kept is not None


@cache
def _nobody() -> str:
    return generate_password_hash(generate())
