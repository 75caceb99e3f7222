"""What a connector is: it declares its configuration and cuts its work into tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from ingestion.config_definition import ConfigDef, ConfigKey, Importance, Type, at_least
from ingestion.task import SinkTask, SourceTask

__all__ = ["COMMON", "Connector", "SinkConnector", "SourceConnector"]

COMMON = ConfigDef(
    [
        ConfigKey(
            "name",
            Type.STRING,
            "Name of the connector; part of its consumer group and transactional ids.",
            importance=Importance.HIGH,
        ),
        ConfigKey(
            "tasks.max",
            Type.INT,
            "Processes the work may be spread over.",
            1,
            at_least(1),
            "1 or more",
            Importance.HIGH,
        ),
    ]
)


class Connector(ABC):
    """A way into or out of Kafka."""

    version: ClassVar[str] = "0.1.0"
    config_def: ClassVar[ConfigDef]
    direction: ClassVar[str]

    def __init__(self, properties: Mapping[str, Any]) -> None:
        """Check a configuration. Raises ConfigError naming every wrong key."""
        self.config = self.config_def.parse(properties)
        self.name: str = self.config["name"]

    def task_configs(self) -> list[dict[str, Any]]:
        """A configuration per task: the connector's own, with `task.id` and `task.count`."""
        count = self.config["tasks.max"]
        return [{**self.config, "task.id": number, "task.count": count} for number in range(count)]


class SourceConnector(Connector):
    """Sends to Kafka."""

    direction = "source"

    @property
    @abstractmethod
    def task_class(self) -> type[SourceTask]:
        """What its tasks are."""


class SinkConnector(Connector):
    """Takes from Kafka."""

    direction = "sink"

    @property
    @abstractmethod
    def task_class(self) -> type[SinkTask]:
        """What its tasks are."""

    @property
    @abstractmethod
    def topics(self) -> list[str]:
        """What it reads."""
