"""Errors of the quality checks; the command turns them into one line and exit code 1."""

from __future__ import annotations

__all__ = ["QualityError"]


class QualityError(Exception):
    """A door could not be checked at all; the text names what is missing and what to do."""
