"""How everything is at this moment, asked of every service itself: what `okr status` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import settings
from stack import secrets
from stack.errors import ServiceError
from stack.kafka_server import KafkaServer
from stack.keeper import disk, kept
from stack.keeper.checks import Checks
from stack.keeper.condition import Condition, condition_of
from stack.keeper.memory import memory_of
from stack.keeper.places import Places, read_json
from stack.keeper.supervisor import ProcessState, Supervisor
from stack.postgres_server import PostgresServer
from stack.services.address import kept_address
from stack.services.registry import all_services
from stack.services.service import Service

__all__ = ["Survey", "survey"]

CHECK_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Survey:
    """All conditions, and what the whole takes."""

    url: str | None
    conditions: list[Condition]
    is_kept: bool
    note: str | None
    memory_bytes: int
    disk_free_bytes: int
    started_in_seconds: float | None

    @property
    def is_healthy(self) -> bool:
        """Whether every service does its work."""
        return all(condition.health == "healthy" for condition in self.conditions)

    def facts(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "url": self.url,
            "services": [condition.facts() for condition in self.conditions],
            "note": self.note,
            "started_in_seconds": self.started_in_seconds,
            "memory_bytes": self.memory_bytes,
            "disk_free_bytes": self.disk_free_bytes,
        }


def survey(config: settings.Settings) -> Survey:
    """Ask everything, side by side; takes at most some five seconds."""
    supervisor, places = Supervisor(config), Places.of(config)
    services = all_services(config, secrets.load(config))
    try:
        states, pids = supervisor.states(), supervisor.pids()
    except ServiceError:
        return _without_supervisor(config, services)
    up = [service for service in services if service.name in states and states[service.name].is_up]
    answers = Checks().ask(up, CHECK_SECONDS)
    memory = memory_of(pids)
    seen = {entry["name"]: entry for entry in read_json(places.status).get("services", [])}
    conditions = []
    for service in services:
        state = states.get(service.name)
        past = seen.get(service.name, {})
        knows = state is not None and state.pid == past.get("pid") and bool(past.get("was_healthy"))
        condition = condition_of(service, places, state, answers.get(service.name), was_healthy=knows)
        conditions.append(_with_past(condition, past, memory.get(service.name, 0)))
    kept_at = kept_address(config)
    return Survey(
        url=kept_at.url if kept_at else None,
        conditions=conditions,
        is_kept=True,
        note=disk.warning(config.home),
        memory_bytes=sum(memory.values()),
        disk_free_bytes=disk.free_bytes(config.home),
        started_in_seconds=read_json(places.last_up).get("seconds"),
    )


def _with_past(condition: Condition, seen: dict[str, Any], memory: int) -> Condition:
    """What only the watcher knows, for it has looked all the time: since when, and how many restarts."""
    restarts = int(seen.get("restarts", 0))
    if condition.pid and seen.get("pid") and condition.pid != seen["pid"]:
        restarts += 1  # it has not looked since
    same = condition.health == seen.get("health")
    since = seen.get("since") if same else None
    reason = condition.reason
    health = condition.health
    if health == "stopped" and seen.get("health") == "given_up":
        health, reason, since = "given_up", str(seen.get("reason")), seen.get("since")
    return replace(
        condition, health=health, reason=reason, since=since, restarts=restarts, memory_bytes=memory
    )


def _without_supervisor(config: settings.Settings, services: Sequence[Service]) -> Survey:
    """What `okr run` started directly may run; the rest is stopped."""
    direct = {
        "postgres": PostgresServer(config).process() if config.postgres.is_embedded else None,
        "kafka": KafkaServer(config).process() if config.kafka.is_embedded else None,
    }
    pids = {name: process.pid for name, process in direct.items() if process}
    places = Places.of(config)
    answers = Checks().ask([service for service in services if service.name in pids], CHECK_SECONDS)
    memory = memory_of(pids)
    conditions = []
    for service in services:
        pid = pids.get(service.name)
        state = ProcessState(service.name, "RUNNING", pid, 0, 0, "") if pid else None
        condition = condition_of(service, places, state, answers.get(service.name))
        conditions.append(replace(condition, memory_bytes=memory.get(service.name, 0)))
    left = kept.kept_processes(places)
    return Survey(
        url=None,
        conditions=conditions,
        is_kept=False,
        note=_note(len(left), sorted(pids)),
        memory_bytes=sum(memory.values()),
        disk_free_bytes=disk.free_bytes(config.home),
        started_in_seconds=None,
    )


def _note(left: int, direct: list[str]) -> str | None:
    if left:
        return f"supervisor is gone and left {left} processes behind; `okr up` or `okr down` puts it right"
    if direct:
        return (
            f"{' and '.join(direct)} run as `okr run` started them; `okr up` takes over and starts the rest"
        )
    return "nothing runs; `okr up` starts everything"
