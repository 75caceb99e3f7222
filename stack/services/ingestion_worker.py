"""The ingestion worker: takes what comes into the data root, loads it, sends updates and signals."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import Any

import settings
from stack.secrets import Secrets
from stack.services.service import Service, UnhealthyError

__all__ = ["define"]

ANSWER_SECONDS = 4.0
# 150 MB at rest, 300 MB while it loads; see docs/ingestion.md.
MEMORY_MEGABYTES = 900


def define(config: settings.Settings, secrets: Secrets) -> list[Service]:
    """One service. It waits by itself for Kafka and Postgres, however long they are away."""
    return [
        Service(
            name="worker",
            command=(sys.executable, "-m", "ingestion", "worker"),
            health=lambda: _health(config.addresses.worker_port),
            memory_megabytes=MEMORY_MEGABYTES,
            needs=("postgres", "kafka"),
        )
    ]


def _health(port: int) -> str:
    """What /health says, and how often and why tasks were started again; raises UnhealthyError."""
    facts = _ask(f"http://127.0.0.1:{port}/health")
    try:
        status, message, tasks = facts["status"], facts["message"], _tasks(facts)
    except (KeyError, TypeError) as problem:
        raise UnhealthyError(f"port {port} answers, but not as the worker does") from problem
    if status != "healthy":
        raise UnhealthyError(f"{status}: {message}{_restarts(tasks, with_reasons=False)}")
    paused = [name for name, task in tasks if task["state"] == "PAUSED"]
    text = f"{len(tasks)} tasks, {message}{_restarts(tasks, with_reasons=True)}"
    return f"{text}; paused: {', '.join(paused)}" if paused else text


def _restarts(tasks: list[tuple[str, Any]], with_reasons: bool) -> str:
    """How often tasks were started again, and why each was the last time; nothing where none was."""
    again = [(name, task) for name, task in tasks if task["restarts"]]
    if not again:
        return ""
    text = f", {sum(task['restarts'] for _, task in again)} restarts"
    whys = (
        f"{name} task {task['id']} {task['restarts']}, last: {task['reason'] or 'asked to'}"
        for name, task in again
    )
    return f"{text} ({'; '.join(whys)})" if with_reasons else text


def _ask(url: str) -> Any:
    # The address is this very machine's: no proxy of the environment is meant for it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as problem:
        return _parsed(problem.read(), url)
    except (OSError, ValueError) as problem:
        raise UnhealthyError(f"{url} does not answer: {problem}") from problem


def _parsed(body: bytes, url: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as problem:
        raise UnhealthyError(f"{url} answers with something else than JSON") from problem


def _tasks(facts: Any) -> list[tuple[str, Any]]:
    return [(name, task) for name, connector in facts["connectors"].items() for task in connector["tasks"]]
