"""The services a warehouse stands on: start what is missing, tell how they are, stop what is ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import psycopg
from filelock import FileLock, Timeout

import settings
from settings import Role
from stack.databases import create_databases
from stack.errors import BusyError, ServiceError, StackError
from stack.kafka_server import KafkaServer, cluster_id_at
from stack.postgres_server import PostgresServer, last_line

__all__ = ["KEPT_IN_HOME", "Health", "start_services", "status", "stop_services"]

logger = logging.getLogger(__name__)

KEPT_IN_HOME = ("postgres", "kafka", "quality", "mlartifacts", "logs")
SERVICES_LOCK_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a service is: `healthy`, `stopped` or `failing`, and why it is said so."""

    name: str
    health: str
    reason: str

    def facts(self) -> dict[str, str]:
        """The same for JSON."""
        return asdict(self)


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

    with _lock(config), ThreadPoolExecutor(2) as pool:
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


def status(config: settings.Settings) -> list[Health]:
    """How each service is, asked of the service itself."""
    with ThreadPoolExecutor(2) as pool:
        return [
            task.result()
            for task in (pool.submit(_postgres_health, config), pool.submit(_kafka_health, config))
        ]


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


def _postgres_health(config: settings.Settings) -> Health:
    postgres = config.postgres
    if postgres.is_embedded and PostgresServer(config).process() is None:
        return Health("postgres", "stopped", "not started; `okr run` starts it")
    try:
        with psycopg.connect(postgres.conninfo(Role.ADMIN), connect_timeout=5) as connection:
            row = connection.execute(
                "select current_setting('server_version'), pg_database_size(%s)", [postgres.database]
            )
            version, size = row.fetchone() or ("?", 0)
    except psycopg.Error as problem:
        return Health("postgres", "failing", last_line(str(problem)))
    where = f"port {postgres.port}" if postgres.is_embedded else f"{postgres.host}:{postgres.port}"
    return Health("postgres", "healthy", f"{version} on {where}, {size / 1e6:,.0f} MB in {postgres.database}")


def _kafka_health(config: settings.Settings) -> Health:
    kafka = config.kafka
    server = KafkaServer(config) if kafka.is_embedded else None
    if server and server.process() is None:
        return Health("kafka", "stopped", "not started; `okr run` starts it")
    cluster = cluster_id_at(kafka, 5.0)
    if cluster is None:
        return Health("kafka", "failing", f"no answer on {kafka.bootstrap}")
    if server and cluster != server.cluster_id():
        return Health("kafka", "failing", f"another broker (cluster {cluster}) answers on {kafka.bootstrap}")
    return Health("kafka", "healthy", f"cluster {cluster} on {kafka.bootstrap}")


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
