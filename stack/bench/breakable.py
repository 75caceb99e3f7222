"""A warehouse that may be broken: its own Postgres and Kafka on free ports, in a folder that goes with it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NoReturn

import psutil
import psycopg
from psycopg import sql

import settings
from settings import ROOT, AddressSettings, KafkaSettings, PostgresSettings, Role
from stack import processes
from stack.bench.loader import Loader
from stack.databases import create_database, drop_database
from stack.errors import ServiceError, StackError
from stack.kafka_jars import jar_folder
from stack.kafka_server import KafkaServer, delete_topics
from stack.pipeline.child import environment, part
from stack.postgres_server import PostgresServer

__all__ = ["BreakableWarehouse", "breakable_warehouse"]

PRISTINE = "okr_pristine"
AS_OF = date(2026, 3, 31)
HEAP_MEGABYTES = 384
SOURCE_AND_SINK_TASKS = 2
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class BreakableWarehouse:
    """Servers that are killed and started again, databases made anew, and loaders at work on them."""

    def __init__(self, config: settings.Settings, batch: int) -> None:
        self.config = config
        self.batch = batch
        self.postgres = PostgresServer(config)
        self.kafka = KafkaServer(config)
        self._loaders: list[Loader] = []

    def start(self) -> None:
        """Both servers, and an empty database to make others from. Raises ServiceError."""
        with ThreadPoolExecutor(2) as pool:
            for task in [pool.submit(server.start) for server in (self.postgres, self.kafka)]:
                task.result()
        create_database(self.config, PRISTINE, owner=None)
        # A process of its own: migrations read the environment.
        alembic = part("alembic", "-c", str(ROOT / "migrations" / "alembic.ini"), "upgrade", "head")
        done = subprocess.run(
            alembic, cwd=ROOT, env=self.environment(PRISTINE), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ServiceError(f"the schema can't be made: {(done.stderr.strip() or '?').splitlines()[-1]}")

    def environment(self, database: str) -> dict[str, str]:
        """Variables of a process that works on one of the databases."""
        addresses, kafka = self.config.addresses, self.config.kafka
        return environment(
            OKR_HOME=str(self.config.home),
            OKR_DATA=str(self.config.data),
            OKR_AS_OF=AS_OF.isoformat(),
            OKR_PG_PORT=str(self.config.postgres.port),
            OKR_PG_DATABASE=database,
            OKR_KAFKA_PORT=str(kafka.port),
            OKR_KAFKA_CONTROLLER_PORT=str(kafka.controller_port),
            OKR_WORKER_PORT=str(addresses.worker_port),
            OKR_INGESTION_TASKS_MAX=str(SOURCE_AND_SINK_TASKS),
            OKR_INGESTION_TRANSACTION_MAX_RECORDS=str(self.batch),
            OKR_INGESTION_BATCH_SIZE=str(self.batch),
        )

    def make_fresh(self, database: str) -> None:
        """An empty database of this name, and no topics: they belong to another."""
        delete_topics(self.config.kafka)
        drop_database(self.config, database)
        with psycopg.connect(
            self.config.postgres.conninfo(Role.ADMIN, "postgres"), autocommit=True
        ) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(database), sql.Identifier(PRISTINE)
                )
            )

    def loader(self, kind: str, database: str) -> Loader:
        """A loader into one of the databases: `load` or `worker`. It is ended with the warehouse."""
        log = self.config.home / "logs" / f"{kind}.log"
        made = Loader(kind, self.environment(database), log, self.config.addresses.worker_port)
        self._loaders.append(made)
        return made

    def end(self) -> None:
        """End every process of it, whatever state each is in."""
        for loader in self._loaders:
            loader.end()
        for server in (self.postgres, self.kafka):
            if process := server.process():
                for each in [process, *process.children(recursive=True)]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        each.resume()
            server.stop()


@contextmanager
def breakable_warehouse(config: settings.Settings, batch: int = 20_000) -> Iterator[BreakableWarehouse]:
    """One that runs, and is gone with all its processes and files afterwards, also on Ctrl-C.

    Its transactions, into Kafka and into the database, hold `batch` messages at most.
    Raises StackError where the settings name servers that are not ours to kill.
    """
    if not (config.postgres.is_embedded and config.kafka.is_embedded):
        raise StackError(
            "OKR_PG_HOST or OKR_KAFKA_BOOTSTRAP is set, and only servers of its own may be killed: unset both"
        )
    jars = jar_folder(config.home / "kafka")
    with _interrupted_once():
        home = Path(tempfile.mkdtemp(prefix="okr-chaos-"))
        warehouse = BreakableWarehouse(_settings(config, home), batch)
        try:
            # Postgres' account has to pass through.
            home.chmod(0o755)
            (home / "kafka").mkdir()
            (home / "kafka" / jars.name).symlink_to(jars.resolve())
            (home / "data").mkdir()
            warehouse.start()
            yield warehouse
        finally:
            _ignore_interrupts()
            try:
                warehouse.end()
            finally:
                shutil.rmtree(home)


def _settings(config: settings.Settings, home: Path) -> settings.Settings:
    postgres, kafka, controller, worker = processes.free_ports(4)
    return settings.Settings(
        home=home,
        data=home / "data",
        as_of=AS_OF,
        postgres=PostgresSettings(port=postgres, account=config.postgres.account),
        kafka=KafkaSettings(port=kafka, controller_port=controller, heap_megabytes=HEAP_MEGABYTES),
        addresses=AddressSettings(worker_port=worker),
    )


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """SIGTERM is taken as Ctrl-C is, and a second of either must not keep the first from tidying up."""
    if not _is_main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> NoReturn:
        _ignore_interrupts()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_interrupts() -> None:
    if _is_main_thread():
        for number in INTERRUPTS:
            signal.signal(number, signal.SIG_IGN)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
