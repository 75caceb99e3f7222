"""Servers of a test's own: made for it, killed by it, gone after it."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import KafkaSettings, PostgresSettings, Settings
from stack.kafka_server import KafkaServer
from stack.postgres_server import PostgresServer


@pytest.fixture
def own_home(okr_environment: Settings) -> Iterator[Settings]:
    """Settings of an empty home in a path with spaces, on free ports; what runs there is stopped at last."""
    top = Path(tempfile.mkdtemp(prefix="okr-tests-", dir="/tmp"))
    top.chmod(0o755)
    home = top / "a home with spaces"
    jars = okr_environment.home / "kafka"
    for folder in jars.glob("jars-*"):
        shutil.copytree(folder, home / "kafka" / folder.name)
    ports = []
    probes = [socket.socket() for _ in range(3)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
        ports.append(probe.getsockname()[1])
    for probe in probes:
        probe.close()
    config = Settings(
        home=home,
        postgres=PostgresSettings(port=ports[0]),
        kafka=KafkaSettings(port=ports[1], controller_port=ports[2], heap_megabytes=256),
    )
    yield config
    PostgresServer(config).stop()
    KafkaServer(config).stop()
    shutil.rmtree(top)
