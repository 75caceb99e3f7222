"""Where Kafka is and how its clients sign in."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.locations import ENV_FILE
from settings.variables import environment

__all__ = ["KafkaSettings"]

PASSED_THROUGH = ("security.", "sasl.", "ssl.")


class KafkaSettings(BaseSettings):
    """Address of the brokers and shape of the topics (`OKR_KAFKA_*`).

    `OKR_KAFKA_SECURITY_*`, `OKR_KAFKA_SASL_*` and `OKR_KAFKA_SSL_*` go to librdkafka unchanged:
    `OKR_KAFKA_SECURITY_PROTOCOL` is its `security.protocol`. Without `OKR_KAFKA_BOOTSTRAP` the
    embedded broker is used.
    """

    model_config = SettingsConfigDict(
        env_prefix="OKR_KAFKA_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore"
    )

    port: int = Field(19092, ge=1, le=65535, description="Port of the embedded broker.")
    controller_port: int = Field(19093, ge=1, le=65535, description="Controller port of the embedded broker.")
    heap_megabytes: int = Field(512, ge=256, le=65536, description="Memory of the embedded broker, in MiB.")
    bootstrap: str = Field(
        default_factory=lambda fields: f"127.0.0.1:{fields['port']}",
        description="Brokers, host:port with commas. Unset: the embedded broker.",
    )
    partitions: int = Field(
        4, ge=1, le=1000, description="Partitions of the data topics, when they are made."
    )
    replication: int = Field(1, ge=1, le=7, description="Replicas of each topic, when they are made.")

    @field_validator("bootstrap")
    @classmethod
    def _has_ports(cls, brokers: str) -> str:
        for broker in brokers.split(","):
            host, _, port = broker.strip().rpartition(":")
            if not host or not port.isdigit():
                raise ValueError("must be host:port, several with commas")
        return brokers

    @property
    def is_embedded(self) -> bool:
        """Whether the broker is ours to start."""
        return "bootstrap" not in self.model_fields_set

    def client_config(self) -> dict[str, str]:
        """librdkafka settings every client starts from."""
        config = {"bootstrap.servers": self.bootstrap}
        for name, value in environment().items():
            key = name.removeprefix("OKR_KAFKA_").lower().replace("_", ".")
            if name.startswith("OKR_KAFKA_") and key.startswith(PASSED_THROUGH):
                config[key] = value
        return config
