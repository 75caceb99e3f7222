"""Errors of the API; each text is one line that says what is wrong and what to do."""

from __future__ import annotations

__all__ = ["ApiError", "DatabaseAwayError", "ThrottledError", "UserError", "WrongPasswordError"]

# ApiError
# ├── DatabaseAwayError
# ├── UserError
# ├── WrongPasswordError
# └── ThrottledError


class ApiError(Exception):
    """What was asked for cannot be done."""


class DatabaseAwayError(ApiError):
    """The database does not answer, or has not the tables of this version."""


class UserError(ApiError):
    """A user cannot be added, changed or removed as asked."""


class WrongPasswordError(ApiError):
    """Nobody of that name and password may sign in; which of the two is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong.")


class ThrottledError(ApiError):
    """Too many tries failed; the next one is looked at after `seconds`."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(f"Too many sign-ins failed. Try again in {seconds} {unit}.")
