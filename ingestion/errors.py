"""What can go wrong in ingestion.

IngestionError
├── ConfigError         a configuration value that is not allowed
├── DatasetError        datasets.yml or instance.yml says something that can't be used
├── ServiceError        Kafka or the database can't be reached
├── RetriableError      worth another try by the restart policy
│   └── FencedError     another task has taken this one's place
└── FatalError          going on would lose or double data: stops until someone looks
    └── AbsentError     a table is not there, or may not be read
"""

from __future__ import annotations

__all__ = [
    "AbsentError",
    "ConfigError",
    "DatasetError",
    "FatalError",
    "FencedError",
    "IngestionError",
    "RetriableError",
    "ServiceError",
]


class IngestionError(Exception):
    """Base of all errors of this package; its text is one line for a person."""


class ConfigError(IngestionError):
    """A configuration value that is not allowed."""


class DatasetError(IngestionError):
    """datasets.yml or an instance.yml says something that can't be used."""


class ServiceError(IngestionError):
    """Kafka or the database can't be reached."""


class RetriableError(IngestionError):
    """Worth another try by the restart policy."""


class FencedError(RetriableError):
    """Another task has taken this one's place."""


class FatalError(IngestionError):
    """Going on would lose or double data: the task stops until someone looks."""


class AbsentError(FatalError):
    """A table is not there, or may not be read."""
