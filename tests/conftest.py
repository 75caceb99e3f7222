"""Fixtures of all tests: a warehouse of this code in a temporary folder, filled ones, and the shared data.

Nothing here touches a server the tests did not start: every `OKR_*` variable is set for the session, and a
server that is not embedded ends it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest

import settings
from settings import ROOT, Role
from stack.databases import create_databases, drop_database
from stack.errors import ServiceError
from stack.kafka_server import KafkaServer, delete_topics
from stack.postgres_server import PostgresServer
from stack.processes import free_ports
from stack.sample import SampleOptions, write

pytest_plugins = ["tests.figures", "tests.workers"]

KEPT_VARIABLES = {"OKR_SHARED", "OKR_REQUIRE"}
SAMPLE_AS_OF = date(2026, 5, 20)
REAL, SAMPLE = "okr_real", "okr_sample"
"""Databases that are filled once for all folders."""
RUNNING = pytest.StashKey[settings.Settings]()


@dataclass(frozen=True)
class Filled:
    """A database that was filled through the real line."""

    name: str
    as_of: date
    data: Path


def required(service: str) -> bool:
    """Whether a missing service is a failure: always in CI, else where OKR_REQUIRE names it."""
    named = os.environ.get("OKR_REQUIRE", "").split(",")
    return os.environ.get("CI", "").lower() in {"1", "true"} or service in named


def unavailable(service: str, reason: str) -> None:
    """Skip for want of a service, or fail where it is required."""
    (pytest.fail if required(service) else pytest.skip)(f"{service}: {reason}")


def start(service: str, work: Callable[[], object]) -> None:
    """Start a service; where it cannot be had, skip, or fail where it is required."""
    try:
        work()
    except ServiceError as problem:
        unavailable(service, str(problem))


@contextmanager
def jars_kept(cache: Path, home: Path) -> Iterator[None]:
    """The broker's jars in a home, out of a cache and back into it: a checkout fetches them once."""
    (home / "kafka").mkdir(parents=True)
    for folder in cache.glob("jars-*"):
        shutil.copytree(folder, home / "kafka" / folder.name)
    yield
    for folder in (home / "kafka").glob("jars-*"):
        if folder.suffix != ".new" and not (cache / folder.name).exists():
            fresh = Path(tempfile.mkdtemp(dir=cache))
            shutil.copytree(folder, fresh, dirs_exist_ok=True)
            try:
                fresh.rename(cache / folder.name)
            except OSError:  # Another worker was quicker.
                shutil.rmtree(fresh)


@contextmanager
def variables(**changes: str) -> Iterator[None]:
    """Environment variables for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@pytest.fixture(scope="session")
def okr_environment(pytestconfig: pytest.Config) -> Iterator[settings.Settings]:
    """`OKR_*` variables of a warehouse of its own: a temporary home every account may enter, free ports."""
    home = Path(tempfile.mkdtemp(prefix="okr-tests-", dir="/tmp"))
    home.chmod(0o755)
    strangers = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith("OKR_") and name not in KEPT_VARIABLES
    }
    postgres, kafka, controller = free_ports(3)
    ours = {
        "OKR_HOME": str(home),
        "OKR_DATA": str(home / "data"),
        "OKR_PG_PORT": str(postgres),
        "OKR_KAFKA_PORT": str(kafka),
        "OKR_KAFKA_CONTROLLER_PORT": str(controller),
        "OKR_KAFKA_HEAP_MEGABYTES": "384",
    }
    if hasattr(pytestconfig, "workerinput"):
        # Another worker of pytest-xdist builds in the checkout's own folder.
        ours |= {"DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "target")}
    with variables(**ours), jars_kept(pytestconfig.cache.mkdir("kafka"), home):
        config = settings.load()
        if not (config.postgres.is_embedded and config.kafka.is_embedded):
            pytest.exit(
                "the .env file names external servers; tests only ever write to servers of their own", 2
            )
        yield config
    os.environ.update(strangers)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def ports() -> Callable[[int], list[int]]:
    """Call it for so many ports nobody listens on."""
    return free_ports


@pytest.fixture(scope="session")
def lacking() -> Callable[[str, str], None]:
    """Call it with what cannot be had and why: the test is skipped, or fails where that is required."""
    return unavailable


@pytest.fixture(scope="session")
def warehouse(okr_environment: settings.Settings, pytestconfig: pytest.Config) -> Iterator[settings.Settings]:
    """A running, migrated Postgres of the session."""
    server = PostgresServer(okr_environment)
    start("postgres", lambda: (server.start(), create_databases(okr_environment)))
    pytestconfig.stash[RUNNING] = okr_environment
    yield okr_environment
    server.stop()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let tests of a folder find databases as the first ones would, whichever folder went before."""
    config = item.config.stash.get(RUNNING, None)
    if config is None or nextitem is None or nextitem.path.parent == item.path.parent:
        return
    for name in (config.postgres.database, config.postgres.mlflow_database):
        drop_database(config, name)
    create_databases(config)


@pytest.fixture(scope="session")
def broker(okr_environment: settings.Settings) -> Iterator[settings.Settings]:
    """A running Kafka of the session."""
    server = KafkaServer(okr_environment)
    start("kafka", server.start)
    yield okr_environment
    server.stop()


@pytest.fixture(scope="session")
def fresh_database(warehouse: settings.Settings) -> Callable[[], settings.Settings]:
    """Call it for an empty, migrated `okr` database."""

    def make() -> settings.Settings:
        drop_database(warehouse, warehouse.postgres.database)
        create_databases(warehouse)
        return warehouse

    return make


@pytest.fixture(scope="session")
def fresh_topics(broker: settings.Settings) -> Callable[[], settings.Settings]:
    """Call it for a broker without topics."""

    def make() -> settings.Settings:
        delete_topics(broker.kafka)
        return broker

    return make


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared material (`OKR_SHARED`); without it, tests that need it are skipped."""
    folder = Path(os.environ.get("OKR_SHARED", ROOT.parent / "shared")).resolve()
    if not folder.is_dir():
        (pytest.fail if "shared" in os.environ.get("OKR_REQUIRE", "") else pytest.skip)(
            f"no shared data at {folder}"
        )
    return folder


@pytest.fixture(scope="session")
def real_filled(warehouse: settings.Settings, broker: settings.Settings, shared_data: Path) -> Filled:
    """The public OKR files, loaded and built as `okr run` does it."""
    filled = Filled(REAL, date(2026, 11, 1), shared_data / "data" / "okr")
    fill(warehouse, filled)
    return filled


@pytest.fixture(scope="session")
def sample_filled(warehouse: settings.Settings, broker: settings.Settings) -> Filled:
    """A small sample organisation, loaded and built as `okr run` does it."""
    filled = Filled(SAMPLE, SAMPLE_AS_OF, warehouse.home / "sample")
    write(filled.data, filled.as_of, 11, SampleOptions(quarters=4, teams=12, key_results=240))
    fill(warehouse, filled)
    return filled


@pytest.fixture(scope="session")
def real_warehouse(warehouse: settings.Settings, real_filled: Filled) -> Iterator[psycopg.Connection]:
    """A connection, as admin, to the warehouse of the public OKR files."""
    with psycopg.connect(
        warehouse.postgres.conninfo(Role.ADMIN, real_filled.name), autocommit=True
    ) as connection:
        yield connection


@pytest.fixture(scope="session")
def sample_warehouse(warehouse: settings.Settings, sample_filled: Filled) -> Iterator[psycopg.Connection]:
    """A connection, as admin, to the warehouse of a small sample organisation."""
    with psycopg.connect(
        warehouse.postgres.conninfo(Role.ADMIN, sample_filled.name), autocommit=True
    ) as connection:
        yield connection


def fill(config: settings.Settings, filled: Filled) -> None:
    """Load a folder into a new database and build it; old topics go first, for they belong to another."""
    delete_topics(config.kafka)
    drop_database(config, filled.name)
    target = config.home / f"target-{filled.name}"
    with variables(
        OKR_PG_DATABASE=filled.name,
        OKR_DATA=str(filled.data),
        OKR_AS_OF=filled.as_of.isoformat(),
        DBT_TARGET_PATH=str(target),
    ):
        create_databases(settings.load())
        run_part(sys.executable, "-m", "ingestion", "load")
        run_part(str(Path(sys.executable).with_name("dbt")), "build", "--log-level-file", "none")


def run_part(*command: str) -> None:
    """Run a command of the product; its last words are the failure's message."""
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.fail(
            f"{' '.join(command[1:])} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}"
        )
