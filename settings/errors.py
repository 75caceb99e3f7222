"""The error of a setting that cannot be used."""

from __future__ import annotations

__all__ = ["SettingsError"]


class SettingsError(Exception):
    """A setting is missing or has a value that is not allowed; the text names it and says what is."""
