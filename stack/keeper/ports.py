"""The ports of the services: which setting names each, and who holds those that should be free."""

from __future__ import annotations

import settings
from settings.addresses import BEHIND
from stack import processes
from stack.services.address import may_bind, public_address

__all__ = ["ports_of", "taken_ports"]

DOORS = ("OKR_AIRFLOW_PORT", "OKR_MLFLOW_PORT", "OKR_KAFKA_UI_PORT")
"""Second ways in: nginx leaves a door out, and says so, where another program has its port."""

BEHIND_OF = {
    "api": ("api",),
    "mlflow": ("mlflow",),
    "superset": ("superset",),
    "kafka_ui": ("kafka_ui",),
    "airflow_api_server": ("airflow",),
    "airflow_scheduler": ("scheduler_logs",),
    "airflow_triggerer": ("triggerer_logs",),
}


def ports_of(config: settings.Settings, service: str) -> dict[str, int]:
    """Ports of a service by the setting that moves each."""
    addresses = config.addresses
    own = {
        "postgres": {"OKR_PG_PORT": config.postgres.port},
        "kafka": {
            "OKR_KAFKA_PORT": config.kafka.port,
            "OKR_KAFKA_CONTROLLER_PORT": config.kafka.controller_port,
        },
        "worker": {"OKR_WORKER_PORT": addresses.worker_port},
        "nginx": {
            "OKR_PORT": public_address(config).port,
            "OKR_AIRFLOW_PORT": addresses.airflow_port,
            "OKR_MLFLOW_PORT": addresses.mlflow_port,
            "OKR_KAFKA_UI_PORT": addresses.kafka_ui_port,
        },
    }
    if service in own:
        return own[service]
    behind = ((name, addresses.behind(name)) for name in BEHIND_OF.get(service, ()))
    return {
        f"OKR_BACKEND_PORT={addresses.backend_port} plus {BEHIND.index(name)}": port for name, port in behind
    }


def taken_ports(config: settings.Settings, services: list[str]) -> list[str]:
    """One line for each port of these services that somebody holds."""
    lines = []
    for service in services:
        for setting, port in ports_of(config, service).items():
            if setting in DOORS:
                continue
            host = config.addresses.bind if setting == "OKR_PORT" else "127.0.0.1"
            if may_bind(host, port):
                continue
            name = setting.split("=")[0]
            asked = setting if "=" in setting else f"{setting}={port}"
            lines.append(
                f"{service} needs port {port} ({asked}), {_holder(port)}; end that, or set {name} to another"
            )
    return lines


def _holder(port: int) -> str:
    if port < 1024 and processes.port_is_free(port):
        return "which only root may open"
    return f"where {processes.port_owner(port)} listens"
