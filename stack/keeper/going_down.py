"""`okr down`: everything ended, each service before what it needs, and nothing left behind."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import settings
from stack import embedded, secrets
from stack.errors import ServiceError, StackError
from stack.keeper import kept
from stack.keeper.places import Places
from stack.keeper.ports import ports_of
from stack.keeper.supervisor import Supervisor
from stack.processes import port_comes_free, port_owner
from stack.services.registry import all_services, dependants
from stack.services.service import Service

__all__ = ["go_down"]

PORT_PATIENCE = 5.0


def go_down(config: settings.Settings) -> dict[str, str]:
    """End every service of this home, supervisor last. Returns for each: stopped, not running or external.

    Raises ServiceError where a process or a port of ours is left.
    """
    supervisor, places = Supervisor(config), Places.of(config)
    told: dict[str, str] = {}
    services: list[Service] = []
    if supervisor.is_up():
        services = all_services(config, secrets.load(config))
        told = _stop_kept(supervisor, services)
        supervisor.shut_down()
    if left := kept.end_all(places):
        told["left behind"] = f"{left} ended"
    direct = embedded.stop_services(config)
    told |= {name: how for name, how in direct.items() if told.get(name) != "stopped"}
    places.status.unlink(missing_ok=True)
    _verify(config, services)
    return told


def _stop_kept(supervisor: Supervisor, services: Sequence[Service]) -> dict[str, str]:
    """Stop services in reverse order, side by side where nobody waits for them any more."""
    told: dict[str, str] = {}
    problems: list[str] = []
    waiting = list(services)
    known = set(supervisor.states())

    def stop(service: Service) -> str:
        if service.name not in known:
            return "not running"
        return "stopped" if supervisor.stop_service(service.name, service.ends_within + 15) else "not running"

    with ThreadPoolExecutor(len(services)) as pool:
        while waiting:
            free = [service for service in waiting if not dependants(waiting, service.name)]
            tasks = {service.name: pool.submit(stop, service) for service in free}
            for name, task in tasks.items():
                problem = task.exception()
                if isinstance(problem, StackError):
                    problems.append(str(problem))
                    told[name] = "ended by force"
                else:
                    told[name] = task.result()
            waiting = [service for service in waiting if service not in free]
    return {service.name: told[service.name] for service in services}


def _verify(config: settings.Settings, services: Sequence[Service]) -> None:
    left = kept.kept_processes(Places.of(config))
    if left:
        raise ServiceError(f"process {left[0].pid} ({left[0].name()}) does not end; end it by hand")
    for service in services:
        for setting, port in ports_of(config, service.name).items():
            if not port_comes_free(port, PORT_PATIENCE):
                raise ServiceError(
                    f"{service.name} is down, but {port_owner(port)} listens on its port {port} ({setting})"
                )
