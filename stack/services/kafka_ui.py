"""The Kafka UI as a service."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

import settings
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

PATIENCE = 4.0


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """kaskade in the browser; each person who looks takes a process of about 90 megabytes."""
    port = config.addresses.behind("kafka_ui")
    return [
        Service(
            name="kafka_ui",
            command=(sys.executable, "-m", "stack.kafka_ui"),
            health=lambda: _health(port),
            memory_megabytes=700,
            needs=("kafka",),
            environment={"OKR_PROXY_SECRET": secrets.proxy},
            ready_within=30.0,
        )
    ]


def _health(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/kafka/health", timeout=PATIENCE) as answer:
            told = json.loads(answer.read(65536))
        health, sessions = str(told["health"]), int(told["sessions"])
    except urllib.error.HTTPError as problem:
        raise UnhealthyError(f"/kafka/health answers {problem.code}") from problem
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UnhealthyError(f"/kafka/health does not answer: {problem}") from problem
    if health != "healthy":
        raise UnhealthyError(f"/kafka/health says {health!r}")
    return f"answers on port {port}, {sessions} open"
