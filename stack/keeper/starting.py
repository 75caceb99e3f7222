"""One service brought up: made ready, started, waited for until it says itself that it works."""

from __future__ import annotations

import time

import settings
from stack.errors import ServiceError
from stack.keeper import logs
from stack.keeper.checks import Checks
from stack.keeper.configuration import RETRIES
from stack.keeper.patience import patient
from stack.keeper.places import Places
from stack.keeper.supervisor import Supervisor
from stack.pipeline.events import Event, Listener
from stack.services.service import Service

__all__ = ["bring_up"]

ASKED_EVERY = 0.25


def bring_up(config: settings.Settings, service: Service, listen: Listener = lambda event: None) -> str:
    """Start a service that does not run and wait until it is healthy; what it said of itself.

    Raises ServiceError with the reason and the log where it ends, or is not healthy in time; it is left as it
    is then.
    """
    supervisor, places = Supervisor(config), Places.of(config)
    state = supervisor.states()[service.name]
    since = 0
    if not state.is_up:
        if service.prepare:
            listen(Event("message", "is made ready"))
            service.prepare()
        since = logs.size(places.log(service.name))
        supervisor.start_service(service.name)
        begin = time.time()
    else:
        begin = max(state.started, time.time() - service.ready_within)
    checks = Checks()
    while True:
        answer = checks.ask([service])[service.name]
        state = supervisor.states()[service.name]
        if state.is_up and answer.healthy:
            return answer.text
        if state.state in {"FATAL", "STOPPED"}:
            raise ServiceError(_ended(places, service, state.spawn_error, since))
        if (seconds := time.time() - begin) > patient(service.ready_within):
            words = logs.last_words(places.log(service.name), since)
            why = (
                f"not healthy in {seconds:.0f} s: {answer.text}"
                if state.is_up
                else f"it ends again and again: {words}"
            )
            raise ServiceError(f"{why} (log: {places.log(service.name)})")
        listen(Event("message", answer.text))
        time.sleep(ASKED_EVERY)


def _ended(places: Places, service: Service, spawn_error: str, since: int) -> str:
    log = places.log(service.name)
    words = spawn_error or logs.last_words(log, since)
    return f"given up, it ended at once {RETRIES + 1} times: {words} (log: {log})"
