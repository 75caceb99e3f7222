"""nginx as a service: the one URL, and the doors of Airflow, MLflow and the Kafka UI."""

from __future__ import annotations

import logging
import os
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import settings
from stack.account import server_account
from stack.errors import PortTakenError, ServiceError
from stack.nginx_program import end_orphans, install_nginx, is_running
from stack.processes import port_comes_free, port_owner
from stack.secrets import Secrets
from stack.services.address import may_bind, public_address
from stack.services.proxy_configuration import DOORS, WORKERS, Door, proxy_folder, render
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

logger = logging.getLogger(__name__)
PATIENCE = 4.0


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """nginx in the foreground."""
    folder = proxy_folder(config)
    return [
        Service(
            name="nginx",
            command=(sys.executable, "-m", "stack.nginx_start", str(folder)),
            health=_health(config),
            memory_megabytes=300,
            needs=("api",),
            prepare=lambda: _prepare(config, secrets),
            ready_within=20.0,
        )
    ]


def _prepare(config: settings.Settings, secrets: Secrets) -> None:
    """Write the configuration and have nginx check it; a door whose port is taken is left out, aloud."""
    program = install_nginx()
    folder = proxy_folder(config)
    (folder / "temporary").mkdir(parents=True, exist_ok=True)
    account = server_account(WORKERS)
    for each in (config.home, folder, folder / "temporary"):
        if not account.can_enter(each):
            raise ServiceError(
                f"{str(each)!r} cannot be read by {account.name!r}, as whom nginx works: chmod it"
            )
    end_orphans(folder)
    address = public_address(config)
    ours = is_running(folder) is not None
    if not ours and not may_bind(config.addresses.bind, address.port):
        raise PortTakenError(
            f"port {address.port} is held by {port_owner(address.port)} or may not be opened by this user; "
            "set OKR_PORT to another one"
        )
    doors = tuple(door for door in DOORS if ours or _is_free(config, door))
    path = folder / "nginx.conf"
    fresh = path.with_suffix(".new")
    _write(fresh, render(config, secrets, address.port, doors))
    _check(program, folder, fresh)
    fresh.rename(path)
    _write(folder / "doors-left-out", ", ".join(door.place.label for door in DOORS if door not in doors))


def _is_free(config: settings.Settings, door: Door) -> bool:
    port = getattr(config.addresses, door.setting)
    if port_comes_free(port, 1.0):
        return True
    logger.warning(
        "OKR_%s=%d is held by %s: %s is reached by the one URL only",
        door.setting.upper(),
        port,
        port_owner(port),
        door.place.label,
    )
    return False


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _check(program: str, folder: Path, path: Path) -> None:
    command = [program, "-e", "stderr", "-t", "-q", "-p", str(folder), "-c", str(path)]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "[emerg]" in line] or done.stderr.splitlines()
        said = re.sub(r"^.*?\[emerg\] (\d+#\d+: )?", "", lines[0]) if lines else "no message"
        raise ServiceError(f"nginx refuses its configuration {str(path)!r}: {said}")


def _health(config: settings.Settings) -> Callable[[], str]:
    """A check that asks for the sign-in page as a user would."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE  # whose certificate it is, is for browsers to judge

    def check() -> str:
        address = public_address(config)
        scheme = "https" if config.addresses.tls_certificate else "http"
        bind = config.addresses.bind
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bind, f"[{bind}]" if ":" in bind else bind)
        request = urllib.request.Request(
            f"{scheme}://{host}:{address.port}/sign-in", headers={"Accept": "text/html"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=trusting) as answer:
                text = answer.read(65536).decode(errors="replace")
        except urllib.error.HTTPError as problem:
            if problem.code in (502, 504):
                return f"{address.url} answers; the API behind it does not"
            raise UnhealthyError(f"{address.url}/sign-in answers {problem.code}") from problem
        except (OSError, ValueError) as problem:
            raise UnhealthyError(f"{address.url} does not answer: {problem}") from problem
        if 'name="csrf"' not in text:
            raise UnhealthyError(f"{address.url}/sign-in is not our page: another server has the port")
        return address.url + _doors_left_out(config)

    return check


def _doors_left_out(config: settings.Settings) -> str:
    try:
        names = (proxy_folder(config) / "doors-left-out").read_text()
    except OSError:
        return ""
    return f"; the own port of {names} is taken by another program" if names else ""
