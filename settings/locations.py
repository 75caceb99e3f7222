"""Where the checkout is, and where settings are read from."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import SettingsConfigDict

__all__ = ["ENV_FILE", "ROOT", "SOURCES"]

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"
SOURCES = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore")
"""Common to all groups of settings: the environment, then `.env`; an empty variable is an unset one."""
