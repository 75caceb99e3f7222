"""How a service is, told from two sides: what supervisor sees of its process, and what it answers itself."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from stack.keeper.checks import Answer
from stack.keeper.configuration import RETRIES
from stack.keeper.logs import exit_reason, last_words
from stack.keeper.patience import patient
from stack.keeper.places import Places
from stack.keeper.supervisor import ProcessState
from stack.services.service import Service

__all__ = ["Condition", "condition_of"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One service at one moment. `health`: healthy, starting, failing, stopped or given_up.

    `was_healthy` says whether its present process ever was.
    """

    name: str
    health: str
    reason: str
    pid: int = 0
    since: str | None = None
    restarts: int = 0
    memory_bytes: int = 0
    was_healthy: bool = False

    def facts(self) -> dict[str, Any]:
        """The same for JSON."""
        return {**asdict(self), "log": self.name}


def condition_of(
    service: Service,
    places: Places,
    state: ProcessState | None,
    answer: Answer | None,
    *,
    was_healthy: bool = False,
) -> Condition:
    """The condition of a service that supervisor keeps.

    `answer` is what its check found, where it was asked. A service that has not answered yet is starting as
    long as it may take; one that `was_healthy` since its start is failing at once.
    """
    name = service.name
    if state is None or not state.is_up:
        health, reason = _down(name, places, state)
        return Condition(name, health, reason)
    if answer and answer.healthy:
        return Condition(name, "healthy", answer.text, state.pid)
    seconds = time.time() - state.started
    text = answer.text if answer else "not asked yet"
    if not was_healthy and seconds <= patient(service.ready_within):
        return Condition(name, "starting", f"for {seconds:.0f} s: {text}", state.pid)
    return Condition(name, "failing", text, state.pid)


def _down(name: str, places: Places, state: ProcessState | None) -> tuple[str, str]:
    """Health and reason of a service without a process."""
    if state is None:
        return "stopped", "not started; `okr up` starts it"
    if state.state == "FATAL":
        words = state.spawn_error or last_words(places.log(name))
        return "given_up", f"ended at once {RETRIES + 1} times, the last time with: {words}"
    if state.state in {"BACKOFF", "EXITED"}:
        how = exit_reason(places.log("supervisor"), name) or "ended"
        return "failing", f"{how}, is started again; its last words: {last_words(places.log(name))}"
    return "stopped", "not started; `okr up` starts it" if state.state == "STOPPED" else "it is being stopped"
