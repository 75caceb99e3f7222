"""The embedded servers, Postgres and Kafka: start what is missing, stop what was started directly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from filelock import FileLock, Timeout

import settings
from stack import secrets
from stack.databases import create_databases
from stack.errors import BusyError, ServiceError, StackError
from stack.kafka_server import KafkaServer, cluster_id_at
from stack.keeper.disk import refuse_full_disk
from stack.keeper.starting import bring_up
from stack.keeper.supervisor import Supervisor
from stack.postgres_server import PostgresServer
from stack.services.registry import all_services
from stack.services.service import Service

__all__ = ["KEPT_IN_HOME", "start_services", "stop_services"]

logger = logging.getLogger(__name__)

KEPT_IN_HOME = (
    *("postgres", "kafka", "quality", "mlartifacts", "logs"),
    *("services", "docs", "airflow", "superset", "nginx", "admin-password", "secrets.json"),
)
SERVICES_LOCK_PATIENCE = 120.0


def start_services(
    config: settings.Settings, told: Callable[[str, int, int], None] | None = None
) -> dict[str, str]:
    """Start what is ours and does not run, side by side, and bring the database to the newest schema.

    `told` hears of the broker's jars while they are fetched: text, how many, of how many.
    Returns for each service how it came to be up: started, running or external.
    """

    def jars(done: int, total: int) -> None:
        if told:
            told("fetching Kafka", done, total)

    if config.postgres.is_embedded or config.kafka.is_embedded:
        refuse_full_disk(config.home)
    with _lock(config), ThreadPoolExecutor(2) as pool:
        if (supervisor := Supervisor(config)).is_up():
            return _start_kept(config, supervisor)
        postgres = pool.submit(_start_postgres, config)
        kafka = pool.submit(_start_kafka, config, jars)
        problems = [
            str(task.exception()) for task in (postgres, kafka) if isinstance(task.exception(), StackError)
        ]
        if problems:
            raise ServiceError("; ".join(problems))
        return {"postgres": postgres.result(), "kafka": kafka.result()}


def stop_services(config: settings.Settings) -> dict[str, str]:
    """Stop what is ours and runs. Returns for each service: stopped, not running or external."""
    with _lock(config), ThreadPoolExecutor(2) as pool:
        tasks = {
            "postgres": config.postgres.is_embedded and pool.submit(PostgresServer(config).stop),
            "kafka": config.kafka.is_embedded and pool.submit(KafkaServer(config).stop),
        }
        return {
            name: ("stopped" if task.result() else "not running") if task else "external"
            for name, task in tasks.items()
        }


def _start_kept(config: settings.Settings, supervisor: Supervisor) -> dict[str, str]:
    """Where supervisor keeps the services, those it keeps are used and waited for: never a second server."""
    services = {service.name: service for service in all_services(config, secrets.load(config))}
    found = {name: services.get(name) for name in ("postgres", "kafka")}
    before = supervisor.states()

    def how(name: str, service: Service | None) -> str:
        if service is None:
            return "external"
        was_up = before[name].is_up
        try:
            bring_up(config, service)
        except StackError as problem:
            raise ServiceError(f"{name}: {problem}") from problem
        return "running" if was_up else "started"

    told = {name: how(name, service) for name, service in found.items()}
    create_databases(config)
    return told


def _start_postgres(config: settings.Settings) -> str:
    how = "external"
    if config.postgres.is_embedded:
        how = "started" if PostgresServer(config).start() else "running"
    create_databases(config)
    return how


def _start_kafka(config: settings.Settings, jars: Callable[[int, int], None]) -> str:
    if config.kafka.is_embedded:
        return "started" if KafkaServer(config).start(jars) else "running"
    if cluster_id_at(config.kafka, 10.0) is None:
        raise ServiceError(f"OKR_KAFKA_BOOTSTRAP={config.kafka.bootstrap!r}: no broker answers there")
    return "external"


@contextmanager
def _lock(config: settings.Settings) -> Iterator[None]:
    """Starting and stopping happen one at a time, whoever asks."""
    config.home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(config.home / "services.lock")
    try:
        lock.acquire(timeout=SERVICES_LOCK_PATIENCE)
    except Timeout as problem:
        raise BusyError(
            f"another `okr` command is starting or stopping the services of {str(config.home)!r}"
        ) from problem
    try:
        yield
    finally:
        lock.release()
