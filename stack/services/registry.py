"""All services of the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import settings
from stack.secrets import Secrets
from stack.services import (
    airflow_components,
    api_server,
    ingestion_worker,
    kafka_broker,
    kafka_ui,
    mlflow_server,
    postgres_database,
    reverse_proxy,
    superset_server,
    watcher,
)
from stack.services.service import Service

__all__ = ["FALLS_WITH", "all_services", "dependants", "in_order"]

Define = Callable[[settings.Settings, Secrets], list[Service]]

DEFINITIONS: tuple[Define, ...] = (
    postgres_database.define,
    kafka_broker.define,
    watcher.define,
    airflow_components.define,
    mlflow_server.define,
    ingestion_worker.define,
    kafka_ui.define,
    superset_server.define,
    api_server.define,
    reverse_proxy.define,
)

FALLS_WITH = {"kafka_ui": "kafka"}
"""Services that are started again when another one was: kaskade spins for ever when its broker goes."""


def all_services(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """Every service of ours; what is external is left out, and nobody waits for it to be started."""
    found = [service for define in DEFINITIONS for service in define(config, secrets)]
    names = {service.name for service in found}
    return [
        replace(
            service,
            needs=tuple(name for name in service.needs if name in names),
            needs_elsewhere=tuple(name for name in service.needs if name not in names),
        )
        for service in found
    ]


def in_order(services: Sequence[Service]) -> list[Service]:
    """The same, each after all it needs."""
    ordered: list[Service] = []
    waiting = list(services)
    while waiting:
        names = {service.name for service in ordered}
        ready = [service for service in waiting if names >= set(service.needs)]
        if not ready:
            circle = ", ".join(service.name for service in waiting)
            raise ValueError(f"services that wait for one another: {circle}")
        ordered += ready
        waiting = [service for service in waiting if service not in ready]
    return ordered


def dependants(services: Sequence[Service], name: str) -> set[str]:
    """Names of the services that need one, directly or by others."""
    found: set[str] = set()
    fresh = {name}
    while fresh:
        fresh = {service.name for service in services if fresh & set(service.needs)} - found
        found |= fresh
    return found
