"""Where the services listen."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.locations import ENV_FILE

__all__ = ["AddressSettings"]

BEHIND = ("api", "airflow", "mlflow", "superset", "kafka_ui", "scheduler_logs", "triggerer_logs")
"""What listens behind the one URL, each on the next port from `backend_port` on, on the loopback only."""


class AddressSettings(BaseSettings):
    """Where the one URL is and what lies behind it (`OKR_*`).

    Only the reverse proxy may listen beyond the loopback address, and only where `OKR_BIND` says so.
    """

    model_config = SettingsConfigDict(
        env_prefix="OKR_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore"
    )

    bind: str = Field("127.0.0.1", description="Address the one URL listens on; 0.0.0.0 opens it to others.")
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port of the one URL. Unset: 80, or the first free one from 8080.",
    )
    airflow_port: int = Field(8081, ge=1, le=65535, description="Airflow's own port, loopback only.")
    mlflow_port: int = Field(5000, ge=1, le=65535, description="MLflow's own port, loopback only.")
    kafka_ui_port: int = Field(8085, ge=1, le=65535, description="Kafka UI's own port, loopback only.")
    worker_port: int = Field(
        8083, ge=1, le=65535, description="Health and metrics of the ingestion worker, loopback only."
    )
    backend_port: int = Field(
        18080, ge=1, le=65500, description="First of the ports behind the one URL, loopback only."
    )
    tls_certificate: Path | None = Field(None, description="Certificate (PEM) of the one URL. Unset: no TLS.")
    tls_key: Path | None = Field(None, description="Key of that certificate (PEM).")
    session_hours: float = Field(12, gt=0, le=720, description="A sign-in lasts this long, in hours.")

    @field_validator("bind")
    @classmethod
    def _is_an_address(cls, bind: str) -> str:
        ip_address(bind)
        return bind

    @field_validator("tls_certificate", "tls_key")
    @classmethod
    def _is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("must be a file that is there")
        return path and path.resolve()

    @model_validator(mode="after")
    def _key_with_certificate(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("OKR_TLS_CERTIFICATE and OKR_TLS_KEY belong together: set both or neither")
        return self

    def behind(self, name: str) -> int:
        """Port of something behind the one URL, one of `BEHIND`."""
        return self.backend_port + BEHIND.index(name)
