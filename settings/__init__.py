"""The one place where configuration is read: environment variables (and `.env`), cast and checked once."""

from __future__ import annotations

from settings.addresses import AddressSettings
from settings.errors import SettingsError
from settings.full_disk import full_disk
from settings.kafka import KafkaSettings
from settings.locations import ROOT
from settings.postgres import PostgresSettings, Role
from settings.variables import environment, no_such_variable
from settings.warehouse import Settings, load

__all__ = [
    "ROOT",
    "AddressSettings",
    "KafkaSettings",
    "PostgresSettings",
    "Role",
    "Settings",
    "SettingsError",
    "environment",
    "full_disk",
    "load",
    "no_such_variable",
]
