"""Health checks side by side, none waited for longer than its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from stack.services.service import Service, UnhealthyError

__all__ = ["Answer", "Checks"]

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a health check found: whether the service does its work, and the text of what was seen."""

    healthy: bool
    text: str


class Checks:
    """Asks services again and again. A check that hangs is not asked a second time until it has ended."""

    def __init__(self) -> None:
        self.asked: dict[str, threading.Thread] = {}
        self.begun: dict[str, float] = {}
        self.answers: dict[str, Answer] = {}

    def ask(self, services: Iterable[Service], seconds: float = SECONDS) -> dict[str, Answer]:
        """The answer of each service, by name, within some seconds."""
        services = list(services)
        deadline = time.monotonic() + seconds
        for service in services:
            if service.name not in self.asked:
                thread = threading.Thread(target=self._check, args=(service,), daemon=True)
                self.asked[service.name], self.begun[service.name] = thread, time.monotonic()
                thread.start()
        found = {}
        for service in services:
            thread = self.asked[service.name]
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                waited = time.monotonic() - self.begun[service.name]
                found[service.name] = Answer(False, f"no answer for {waited:.0f} s")
            else:
                del self.asked[service.name]
                found[service.name] = self.answers[service.name]
        return found

    def _check(self, service: Service) -> None:
        try:
            self.answers[service.name] = Answer(True, service.health())
        except UnhealthyError as problem:
            self.answers[service.name] = Answer(False, _line(problem))
        except Exception as problem:  # a check that breaks is told as such, and the others go on
            self.answers[service.name] = Answer(
                False, f"its check broke: {type(problem).__name__}: {_line(problem)}"
            )


def _line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or ["no message"])[0]
