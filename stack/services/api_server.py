"""The API as a service: gunicorn, behind nginx."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request

import settings
from settings import ROOT
from stack.errors import ServiceError
from stack.pipeline.child import environment, part
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

PATIENCE = 4.0


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """One process with threads: what it knows of users and requests is in one place."""
    port = config.addresses.behind("api")
    return [
        Service(
            name="api",
            command=(
                *(sys.executable, "-m", "gunicorn", "api.web:create_application()"),
                *("--bind", f"127.0.0.1:{port}", "--name", "okr-api"),
                *("--worker-class", "gthread", "--workers", "1", "--threads", "16"),
                *("--timeout", "60", "--graceful-timeout", "2", "--keep-alive", "75"),
                *("--no-control-socket",),
            ),
            health=lambda: _health(port),
            memory_megabytes=500,
            needs=("postgres",),
            environment={"OKR_SESSION_KEY": secrets.session, "OKR_PROXY_SECRET": secrets.proxy},
            prepare=_ensure_admin,
            ready_within=30.0,
        )
    ]


def _ensure_admin() -> None:
    """The first start makes the admin."""
    command = part("api", "user", "ensure-admin")
    done = subprocess.run(command, cwd=ROOT, env=environment(), text=True, capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or "no message").splitlines()[-1].removeprefix("Error: ")
        raise ServiceError(f"the first admin cannot be made: {said}")


def _health(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            told = json.loads(answer.read(65536))
        health, database = str(told["health"]), str(told["database"])
    except urllib.error.HTTPError as problem:
        raise UnhealthyError(f"/health answers {problem.code}") from problem
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UnhealthyError(f"/health does not answer: {problem}") from problem
    if health != "healthy":
        raise UnhealthyError(f"/health says {health!r}")
    return f"answers on port {port}" + ("" if database in ("answers", "not asked yet") else f"; {database}")
