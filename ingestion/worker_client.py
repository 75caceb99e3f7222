"""Talks to the worker that runs the connectors of this warehouse."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.errors import IngestionError
from ingestion.ingestion_lock import Holder

__all__ = ["WorkerClient", "WorkerGoneError"]

ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.2
# The worker itself waits for ever; a command says after this time what it waits for, and ends.
OUTAGE_SECONDS = 180.0


class WorkerGoneError(IngestionError):
    """The worker does not answer any more."""


class WorkerClient:
    """Asks one worker."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        # The address is this very machine's: no proxy of the environment is meant for it.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def health(self) -> dict[str, Any]:
        """What /health says, in whatever state it is. Raises WorkerGoneError."""
        _, facts = self._call("/health")
        return facts

    def request_scan(self, wish: Mapping[str, Any]) -> str:
        """Have it look at some places; returns the name of the request."""
        for _ in self.patiently():
            code, answer = self._call("/okr/scans", wish)
            if code == 202:
                return str(answer["request"])
            if code != 503:
                raise IngestionError(f"{self._holder.text} refuses: {answer.get('message')}")
        raise AssertionError("it waits until it returns or raises")

    def scan(self, request: str) -> dict[str, Any]:
        """How a request is."""
        code, answer = self._call(f"/okr/scans/{request}")
        if code != 200:
            raise WorkerGoneError(f"{self._holder.text} knows no request {request}")
        return answer

    def patiently(self) -> Iterator[dict[str, Any]]:
        """Yields its health a few times a second; raises when waiting on makes no sense."""
        well = time.monotonic()
        while True:
            facts = self.health()
            _check_tasks(facts)
            if facts["status"] == "healthy":
                well = time.monotonic()
            elif time.monotonic() - well > OUTAGE_SECONDS:
                raise IngestionError(f"{self._holder.text} does not get on: {facts['message']}")
            yield facts
            time.sleep(POLL_SECONDS)

    def _call(self, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        call = urllib.request.Request(
            f"{self._holder.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._holder.token}"},
        )
        try:
            with self._opener.open(call, timeout=ANSWER_SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as problem:
            return problem.code, json.loads(problem.read() or b"{}")
        except (OSError, ValueError) as problem:
            raise WorkerGoneError(f"{self._holder.text} does not answer: {problem}") from problem


def _check_tasks(health: Mapping[str, Any]) -> None:
    """Waiting is in vain where someone has to lend a hand first."""
    for name, connector in health["connectors"].items():
        for task in connector["tasks"]:
            if task["state"] == "FAILED":
                raise IngestionError(f"{name} task {task['id']} has failed: {task['reason']}")
            if task["state"] == "PAUSED":
                raise IngestionError(
                    f"{name} is paused: resume it (PUT /connectors/{name}/resume), then try again"
                )
