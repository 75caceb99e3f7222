"""What supervisor is told: the text of its configuration."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from settings import ROOT
from stack.account import current_user
from stack.errors import StackError
from stack.keeper.places import Places
from stack.services.service import Service

__all__ = ["MEMORY_LISTENER", "RETRIES", "STAYS_SECONDS", "configuration"]

RETRIES = 5
"""So often a service that dies at once is started again, each time a second later; then it is given up."""

STAYS_SECONDS = 5
"""A process that ends sooner than this after its start has died at once."""

MEMORY_LISTENER = "memory_ceiling"
LOG_BYTES = "10MB"
LOG_BACKUPS = 3
UNSAFE = re.compile(r"[\n\r\0]|\s[;#]")
"""What supervisor's configuration cannot hold: line ends, and what it takes for a comment."""


def configuration(places: Places, services: Sequence[Service]) -> str:
    """The whole file. Nothing starts by itself: the order is that of readiness, which `okr up` sees to."""
    blocks = [_own(places), *(_program(places, service) for service in services), _memory(places, services)]
    return "\n".join(
        f"[{head}]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())
        for head, lines in _flat(blocks)
    )


def _flat(blocks: list[dict[str, dict[str, object]]]) -> list[tuple[str, dict[str, object]]]:
    return [entry for block in blocks for entry in block.items()]


def _own(places: Places) -> dict[str, dict[str, object]]:
    return {
        "supervisord": {
            "logfile": _path(places.log("supervisor")),
            "logfile_maxbytes": LOG_BYTES,
            "logfile_backups": LOG_BACKUPS,
            "pidfile": _path(places.pid_file),
            "directory": _path(ROOT),
            "childlogdir": _path(places.home / "logs"),
            "identifier": "okr",
            **({"user": "root"} if current_user() == "root" else {}),
        },
        "unix_http_server": {"file": _path(places.socket), "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": f"unix://{_path(places.socket)}"},
    }


def _program(places: Places, service: Service) -> dict[str, dict[str, object]]:
    return {
        f"program:{service.name}": {
            "command": _command(service.name, service.command),
            "directory": _path(service.folder),
            "environment": _environment(service.name, service.environment),
            **({"user": service.account} if service.account else {}),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": STAYS_SECONDS,
            "startretries": RETRIES,
            "stopsignal": service.stop_signal,
            "stopwaitsecs": round(service.ends_within),
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _path(places.log(service.name)),
            "stdout_logfile_maxbytes": LOG_BYTES,
            "stdout_logfile_backups": LOG_BACKUPS,
        }
    }


def _memory(places: Places, services: Sequence[Service]) -> dict[str, dict[str, object]]:
    """superlance's memmon: asks every minute, counts the whole process tree, starts again what is above."""
    command = [str(Path(sys.executable).with_name("memmon")), "--cumulative"]
    command += [f"--program={service.name}={service.memory_megabytes}MB" for service in services]
    return {
        f"eventlistener:{MEMORY_LISTENER}": {
            "command": _command(MEMORY_LISTENER, command),
            "events": "TICK_60",
            "autorestart": "true",
            "stderr_logfile": _path(places.log(MEMORY_LISTENER)),
            "stderr_logfile_maxbytes": "1MB",
            "stderr_logfile_backups": 1,
            "stdout_logfile": "NONE",
        }
    }


def _path(path: Path) -> str:
    return _safe(f"path {str(path)!r}", str(path))


def _command(name: str, words: Sequence[str]) -> str:
    return _safe(f"the command of {name}", shlex.join(words))


def _environment(name: str, variables: Mapping[str, str]) -> str:
    return ",".join(f"{key}={_quoted(name, key, value)}" for key, value in variables.items())


def _quoted(name: str, key: str, value: str) -> str:
    """A value between quotes, which supervisor takes off again, and with them any at the value's own ends."""
    quote = "'" if '"' in value else '"'
    if quote in value or value != value.strip("'\""):
        raise StackError(f"{name}: the value of {key} has quotes that supervisor's configuration cannot hold")
    return quote + _safe(f"{name}: the value of {key}", value) + quote


def _safe(what: str, text: str) -> str:
    if UNSAFE.search(text):
        raise StackError(f"{what} holds a line end, or ; or # after a space, which supervisor cannot be told")
    return text.replace("%", "%%")
