"""The watcher: asks every service how it is, writes it down, and starts those again that hang."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import settings
from stack import processes
from stack.errors import ServiceError
from stack.keeper import disk
from stack.keeper.checks import Answer, Checks
from stack.keeper.condition import Condition, condition_of
from stack.keeper.kept import kept_processes
from stack.keeper.memory import memory_of
from stack.keeper.patience import patient
from stack.keeper.places import Places, read_json, write_json
from stack.keeper.supervisor import ProcessState, Supervisor
from stack.services.address import kept_address
from stack.services.registry import FALLS_WITH
from stack.services.service import Service

__all__ = ["GIVEN_UP_AFTER", "HUNG_AFTER", "ROUND_SECONDS", "Watcher"]

logger = logging.getLogger(__name__)

ROUND_SECONDS = 3.0
CHECK_SECONDS = 2.5
MEMORY_EVERY = 15.0
LEFT_BEHIND_SECONDS = 1.0
HUNG_AFTER = 30.0
"""A service that runs and has been mute for so long is started again, if what it needs is well.

On a busy machine it gets the more time."""
GIVEN_UP_AFTER = 5
"""So many starts in a row that never led to a healthy service, and it is stopped for good."""


@dataclass(slots=True)
class Past:
    """What is known of a service from earlier rounds."""

    pid: int = 0
    health: str = ""
    since: str = ""
    restarts: int = 0
    was_healthy: bool = False
    last_healthy: float = field(default_factory=time.monotonic)
    vain_starts: int = 0
    why: str | None = None
    being_ended: bool = False

    def is_hung(self, service: Service) -> bool:
        """Whether it has been mute longer than is to be borne."""
        limit = HUNG_AFTER if self.was_healthy else service.ready_within + HUNG_AFTER
        return time.monotonic() - self.last_healthy > patient(limit)


class Watcher:
    """Looks at all services, round by round. It answers for itself by writing its word down in time."""

    def __init__(self, config: settings.Settings, services: Sequence[Service]) -> None:
        self.config = config
        self.places = Places.of(config)
        self.supervisor = Supervisor(config)
        self.services = list(services)
        self.checks = Checks()
        self.memory: dict[str, int] = {}
        self.memory_at = 0.0
        self.past = self._remembered()

    def run(self) -> None:
        """Go on for ever."""
        while True:
            begin = time.monotonic()
            self.look()
            time.sleep(max(0.1, ROUND_SECONDS - (time.monotonic() - begin)))

    def look(self) -> None:
        """One round: ask, write it down, act."""
        try:
            states = self.supervisor.states()
        except ServiceError as problem:
            self._write([self._orphan(service, problem) for service in self.services])
            return
        others = [each for each in self.services if each.name != "watcher" and _is_up(states, each.name)]
        answers = self.checks.ask(others, CHECK_SECONDS)
        answers["watcher"] = Answer(True, f"asks every {ROUND_SECONDS:.0f} s")
        self._measure()
        self._clear_after_kills(states)
        conditions = [self._judge(service, states.get(service.name), answers) for service in self.services]
        self._write(conditions)
        self._act(conditions, states)

    def _clear_after_kills(self, states: dict[str, ProcessState]) -> None:
        """End what a killed process left: it may hold the port of its successor, and answer in its place."""
        for name, past in self.past.items():
            state = states.get(name)
            if not (past.pid and state and state.pid not in (0, past.pid)):
                continue
            ours = kept_processes(self.places)
            if count := processes.end_left_behind(past.pid, ours, LEFT_BEHIND_SECONDS):
                logger.warning("%s ended and left %d processes behind: they are ended too", name, count)

    def _judge(self, service: Service, state: ProcessState | None, answers: dict[str, Answer]) -> Condition:
        past = self.past[service.name]
        if state and state.pid and state.pid != past.pid:
            if past.pid:
                past.restarts += 1
                past.vain_starts = 0 if past.was_healthy else past.vain_starts + 1
                past.why = None
            past.pid, past.was_healthy, past.last_healthy = state.pid, False, time.monotonic()
        condition = condition_of(
            service, self.places, state, answers.get(service.name), was_healthy=past.was_healthy
        )
        if condition.health == "healthy":
            past.was_healthy, past.last_healthy, past.vain_starts, past.why = True, time.monotonic(), 0, None
        if condition.health == "stopped" and past.why:
            condition = replace(condition, health="given_up", reason=past.why)
        if condition.health != past.health:
            past.health, past.since = condition.health, _now()
        return replace(
            condition,
            since=past.since,
            restarts=past.restarts,
            memory_bytes=self.memory.get(service.name, 0),
            was_healthy=past.was_healthy,
        )

    def _act(self, conditions: Sequence[Condition], states: dict[str, ProcessState]) -> None:
        health = {condition.name: condition.health for condition in conditions}
        for service in self.services:
            past, state = self.past[service.name], states.get(service.name)
            if state is None or not state.is_up or past.being_ended or service.name == "watcher":
                continue
            if past.vain_starts >= GIVEN_UP_AFTER and not past.was_healthy:
                past.why = (
                    f"started {past.vain_starts + 1} times and never healthy: {_reason(conditions, service)}"
                )
                self._end(service, again=False)
            elif (
                health[service.name] == "failing"
                and past.is_hung(service)
                and all(health.get(name) == "healthy" for name in service.needs)
            ):
                seconds = time.monotonic() - past.last_healthy
                logger.warning("%s has not been healthy for %.0f s: started again", service.name, seconds)
                self._end(service, again=True)
        for name, broker in FALLS_WITH.items():
            self._fall_with(name, broker, states)

    def _fall_with(self, name: str, other: str, states: dict[str, ProcessState]) -> None:
        """A service that spins when another goes is started again as soon as that one has a new process."""
        if not _is_up(states, name) or other not in states or self.past[name].being_ended:
            return
        begun, others = states[name].started, states[other].started
        if states[other].is_up and others > begun:
            logger.warning("%s was started again, so %s is too", other, name)
            self._end(next(service for service in self.services if service.name == name), again=True)

    def _end(self, service: Service, *, again: bool) -> None:
        """Stop a service, and start it again; not waited for, since the others are looked at meanwhile."""

        def work() -> None:
            try:
                self.supervisor.stop_service(service.name, service.ends_within + 15)
                if again:
                    self.supervisor.start_service(service.name)
            except ServiceError as problem:
                logger.warning("%s", problem)
            past.last_healthy, past.being_ended = time.monotonic(), False

        past = self.past[service.name]
        past.being_ended = True
        threading.Thread(target=work, daemon=True).start()

    def _measure(self) -> None:
        if time.monotonic() - self.memory_at >= MEMORY_EVERY:
            self.memory_at = time.monotonic()
            try:
                self.memory = memory_of(self.supervisor.pids())
            except ServiceError as problem:
                logger.warning("%s", problem)

    def _orphan(self, service: Service, problem: ServiceError) -> Condition:
        past = self.past[service.name]
        if past.health != "failing":
            past.health, past.since = "failing", _now()
        reason = f"nobody keeps it: {problem}; `okr up` puts it right"
        return Condition(service.name, "failing", reason, past.pid, past.since, past.restarts)

    def _write(self, conditions: Sequence[Condition]) -> None:
        address = kept_address(self.config)
        facts: dict[str, Any] = {
            "checked_at": _now(),
            "url": address.url if address else None,
            "started_in_seconds": read_json(self.places.last_up).get("seconds"),
            "memory_bytes": sum(self.memory.values()),
            "disk_free_bytes": disk.free_bytes(self.config.home),
            "services": [condition.facts() for condition in conditions],
        }
        write_json(self.places.status, facts)

    def _remembered(self) -> dict[str, Past]:
        """What an earlier watcher wrote down: counts go on when the watcher itself was started again."""
        past = {service.name: Past() for service in self.services}
        for entry in read_json(self.places.status).get("services", []):
            if entry.get("name") in past:
                past[entry["name"]] = Past(
                    pid=int(entry.get("pid", 0)),
                    health=str(entry.get("health", "")),
                    since=str(entry.get("since", "")),
                    restarts=int(entry.get("restarts", 0)),
                    was_healthy=bool(entry.get("was_healthy")),
                    why=entry.get("reason") if entry.get("health") == "given_up" else None,
                )
        return past


def _is_up(states: dict[str, ProcessState], name: str) -> bool:
    return name in states and states[name].is_up


def _reason(conditions: Sequence[Condition], service: Service) -> str:
    return next(condition.reason for condition in conditions if condition.name == service.name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
