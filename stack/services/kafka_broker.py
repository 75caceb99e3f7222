"""The embedded Kafka as a service."""

from __future__ import annotations

import sys
from collections.abc import Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

import settings
from stack.kafka_server import ENDS_WITHIN, READY_WITHIN, KafkaServer
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

BESIDE_THE_HEAP = 768
"""Megabytes a broker takes besides its heap, with room: code, threads, buffers outside of it."""

CLIENT = {
    "socket.connection.setup.timeout.ms": "2000",
    "reconnect.backoff.max.ms": "1000",
    "topic.metadata.refresh.interval.ms": "-1",
    "log_level": "0",
}


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """The broker in the foreground; nothing where it is external."""
    if not config.kafka.is_embedded:
        return []
    return [
        Service(
            name="kafka",
            command=(sys.executable, "-m", "stack.serve", "kafka"),
            health=_health(config),
            memory_megabytes=config.kafka.heap_megabytes + BESIDE_THE_HEAP,
            prepare=lambda: _prepare(config),
            ready_within=READY_WITHIN,
            ends_within=ENDS_WITHIN,
        )
    ]


def _prepare(config: settings.Settings) -> None:
    """End the broker that `okr run` started directly, then make ready for one that is kept."""
    server = KafkaServer(config)
    server.stop()
    server.prepare()


def _health(config: settings.Settings) -> Callable[[], str]:
    """A check that keeps its client: the watcher asks every few seconds."""
    kafka = config.kafka
    clients: list[AdminClient] = []

    def check() -> str:
        if not clients:
            clients.append(AdminClient({**kafka.client_config(), **CLIENT}))
        try:
            cluster = str(clients[0].list_topics(timeout=4).cluster_id)
        except KafkaException as problem:
            raise UnhealthyError(f"no answer on {kafka.bootstrap}") from problem
        if cluster != KafkaServer(config).cluster_id():
            raise UnhealthyError(f"another broker (cluster {cluster}) answers on {kafka.bootstrap}")
        return f"cluster {cluster} on {kafka.bootstrap}"

    return check
