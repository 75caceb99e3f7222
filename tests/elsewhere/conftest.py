"""A second Postgres and a second Kafka that ask for a password and TLS, and other places to run in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg
import pytest

from settings import ROOT, KafkaSettings, PostgresSettings, Role, Settings
from stack.account import server_account
from stack.kafka_server import KafkaServer
from stack.sample import SampleOptions, write
from tests.command_lines import command_lines_noted

CANARY = "canary7"
ODD = "%:@/'$ x"
"""What an address, a statement, YAML and a shell each take for something else."""
AS_OF = date(2026, 5, 20)
TLS = """
listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENT://127.0.0.1:{port}
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username="acme" password="{password}" user_acme="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={folder}/both.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
"""
POSTGRES = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
ssl = on
ssl_cert_file = '{folder}/server.pem'
ssl_key_file = '{folder}/server.key'
fsync = off
log_statement = 'all'
"""


@dataclass
class Place:
    """Where commands of the product run: their environment, and what goes before each."""

    variables: dict[str, str]
    before: Sequence[str] = ()
    folder: Path = ROOT
    arguments_seen: set[str] = field(default_factory=set)

    def call(self, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a module of the product there, as `python -m`."""
        return self.start([sys.executable, "-m", *words], **changes)

    def start(self, command: Sequence[str], **changes: str) -> subprocess.CompletedProcess[str]:
        """Run any command there; the command lines of all processes are watched meanwhile."""
        ours = ("OKR_", "DBT_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        with command_lines_noted(self.arguments_seen):
            return subprocess.run(
                [*self.before, *command],
                cwd=self.folder,
                env=kept | self.variables | changes,
                stdin=subprocess.DEVNULL,
                text=True,
                capture_output=True,
                check=False,
                timeout=600,
            )


@dataclass(frozen=True)
class Elsewhere:
    """Servers that are not ours, and how to reach them."""

    folder: Path
    place: Place
    programs: Path

    def logs(self) -> list[Path]:
        """What the servers themselves write down."""
        return [self.folder / "postgres.log", *self.folder.glob("kafka/logs/*.log")]

    def dumped(self, database: str) -> str:
        """Everything that is stored in a database, as text."""
        variables = {"PGPASSWORD": f"{CANARY}root", "PGSSLMODE": "require"}
        address = f"host=localhost port={self.place.variables['OKR_PG_PORT']} user=postgres dbname={database}"
        command = [self.programs / "pg_dump", address]
        return subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, check=True
        ).stdout


class TlsKafka(KafkaServer):
    """Our own jars as somebody else's broker: SASL_SSL with PLAIN."""

    folder: Path
    password: str

    def _write_configuration(self) -> None:
        super()._write_configuration()
        with self.properties.open("a") as properties:
            ports = {"port": self.kafka.port, "controller_port": self.kafka.controller_port}
            properties.write(TLS.format(**ports, folder=self.folder, password=self.password))


@pytest.fixture(scope="session")
def place_of() -> type[Place]:
    """Call it with variables for a place to run commands in."""
    return Place


@pytest.fixture(scope="session")
def small_sample(okr_environment: Settings) -> Path:
    """A folder, with a space in its name, of a small sample organisation."""
    folder = okr_environment.home / "small sample"
    write(folder, AS_OF, 11, SampleOptions(quarters=4, teams=6, key_results=120))
    return folder


@pytest.fixture(scope="session")
def certificates(lacking: Callable[[str, str], None]) -> Iterator[Path]:
    """A folder with an authority, and a certificate it gave to localhost."""
    if shutil.which("openssl") is None:
        lacking("openssl", "not installed")
    folder = Path(tempfile.mkdtemp(prefix="okr-tests-", dir="/tmp"))
    folder.chmod(0o755)
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    new = "openssl req -x509 -newkey rsa:2048 -nodes -days 2"
    for command in (
        f"{new} -subj /CN=authority -keyout ca.key -out ca.pem",
        f"{new} -subj /CN=localhost -addext {names} -CA ca.pem -CAkey ca.key -keyout server.key"
        " -out server.pem -addext basicConstraints=critical,CA:FALSE",
    ):
        done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (folder / "both.pem").write_text(
        (folder / "server.key").read_text() + (folder / "server.pem").read_text()
    )
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def debian_postgres(
    certificates: Path, ports: Callable[[int], list[int]], lacking: Callable[[str, str], None]
) -> Iterator[tuple[Path, int]]:
    """Debian's Postgres, TLS only, with an admin who is no superuser: its programs and its port."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        lacking("postgresql", "Debian's package is not installed")
    programs, (port,), account = found[-1], ports(1), server_account("nobody")
    (certificates / "password").write_text(f"{CANARY}root")
    data = certificates / "data"
    data.mkdir()
    for path in (certificates, data, certificates / "password", certificates / "server.key"):
        account.own(path)
    (certificates / "server.key").chmod(0o600)

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, **account.process_options()
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run(
        *(programs / "initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256", "-E", "UTF8"),
        *("--locale=C.UTF-8", f"--pwfile={certificates / 'password'}", "--no-sync"),
    )
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(POSTGRES.format(port=port, folder=certificates))
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    control = (programs / "pg_ctl", "-D", data, "-w")
    # pg_ctl's own output must not keep the pipe open: the server inherits it.
    run(
        "/bin/sh",
        "-c",
        'exec "$@" > /dev/null 2>&1',
        "sh",
        *control,
        "-l",
        certificates / "postgres.log",
        "start",
    )
    yield programs, port
    run(*control, "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def elsewhere(
    okr_environment: Settings,
    broker: Settings,
    certificates: Path,
    debian_postgres: tuple[Path, int],
    ports: Callable[[int], list[int]],
) -> Iterator[Elsewhere]:
    """Both servers, every login under a name of its own and with a password, and a fresh home."""
    programs, port = debian_postgres
    broker_port, controller = ports(2)
    secrets = {f"OKR_PG_{role.name}_PASSWORD": f"{CANARY}{role.value}{ODD}" for role in Role}
    secrets |= {"OKR_KAFKA_SASL_PASSWORD": f"{CANARY}kafka", "OKR_ORACLE_PASSWORD": f"{CANARY}oracle"}
    home = certificates / "home with spaces"
    variables = {
        **secrets,
        **{f"OKR_PG_{role.name}_USER": f"acme_{role.value}" for role in Role},
        "OKR_HOME": str(home),
        "OKR_PG_HOST": "localhost",
        "OKR_PG_PORT": str(port),
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(certificates / "ca.pem"),
        "OKR_KAFKA_BOOTSTRAP": f"127.0.0.1:{broker_port}",
        "OKR_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "OKR_KAFKA_SASL_MECHANISM": "PLAIN",
        "OKR_KAFKA_SASL_USERNAME": "acme",
        "OKR_KAFKA_SSL_CA_LOCATION": str(certificates / "ca.pem"),
        "OKR_SESSION_KEY": f"{CANARY}session" * 4,
        "OKR_PROXY_SECRET": f"{CANARY}proxy" * 4,
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "target" / "logs"),
    }
    make_plain_admin(port, secrets["OKR_PG_ADMIN_PASSWORD"])
    jars = list((okr_environment.home / "kafka").glob("jars-*"))
    kafka = start_kafka(certificates, jars, broker_port, controller, variables)
    yield Elsewhere(certificates, Place(variables), programs)
    kafka.stop()


def make_plain_admin(port: int, password: str) -> None:
    """A login that may make roles and databases, and is no superuser."""
    address = f"host=localhost port={port} user=postgres password={CANARY}root dbname=postgres"
    with psycopg.connect(f"{address} sslmode=require", autocommit=True) as connection:
        connection.execute("create role acme_admin login createrole createdb")
        hashed = connection.pgconn.encrypt_password(password.encode(), b"acme_admin", b"scram-sha-256")
        connection.execute(f"alter role acme_admin password '{hashed.decode()}'".encode())


def start_kafka(
    folder: Path, jars: Sequence[Path], port: int, controller: int, variables: dict[str, str]
) -> TlsKafka:
    """A broker that takes its clients' settings from these variables."""
    home = folder / "kafka"
    (home / "kafka").mkdir(parents=True)
    for each in jars:
        (home / "kafka" / each.name).symlink_to(each)
    address = variables["OKR_KAFKA_BOOTSTRAP"]
    broker = KafkaSettings(port=port, controller_port=controller, bootstrap=address, heap_megabytes=256)
    kafka = TlsKafka(Settings(home=home, postgres=PostgresSettings(), kafka=broker))
    kafka.folder, kafka.password = folder, variables["OKR_KAFKA_SASL_PASSWORD"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            if name.startswith("OKR_KAFKA_S"):
                patch.setenv(name, value)
        kafka.start()
    return kafka
