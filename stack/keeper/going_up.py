"""`okr up`: everything brought up, each service as soon as what it needs is healthy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import settings
from stack import databases, secrets
from stack.errors import PortTakenError
from stack.kafka_server import KafkaServer
from stack.keeper import disk, kept, pages
from stack.keeper.memory import memory_of
from stack.keeper.places import Places, write_json
from stack.keeper.ports import taken_ports
from stack.keeper.starting import bring_up
from stack.keeper.supervisor import Supervisor
from stack.pipeline.events import Listener
from stack.pipeline.stage import Reporter, Result, Stage, Verdict, run_stages
from stack.postgres_server import PostgresServer
from stack.services.address import choose_address, public_address
from stack.services.registry import all_services, in_order
from stack.services.service import Service

__all__ = ["Start", "WentUp"]

SCHEMA, PAGES = "schema", "pages"


@dataclass(frozen=True, slots=True)
class WentUp:
    """How a start went."""

    url: str
    seconds: float
    memory_bytes: int
    results: dict[str, Result]
    warning: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every service is healthy."""
        return all(result.verdict is Verdict.DONE for result in self.results.values())

    def facts(self, config: settings.Settings) -> dict[str, Any]:
        """The same for JSON."""
        services = [
            {
                "name": name,
                "health": "healthy" if result.verdict is Verdict.DONE else "failing",
                "reason": result.text,
                "seconds": round(result.seconds, 1),
            }
            for name, result in self.results.items()
        ]
        return {
            "url": self.url,
            "seconds": round(self.seconds, 1),
            "memory_bytes": self.memory_bytes,
            "admin_password_file": str(config.home / "admin-password"),
            "warning": self.warning,
            "services": services,
        }


@dataclass(slots=True)
class Start:
    """One start of the whole product; `say` tells a line to whoever waits."""

    config: settings.Settings
    say: Callable[[str], None]
    begin: float = field(default_factory=time.monotonic)

    def run(self, reporter: Reporter) -> WentUp:
        """Bring up what does not run. Raises StackError where nothing can be started at all."""
        config, places = self.config, Places.of(self.config)
        disk.refuse_full_disk(config.home)
        supervisor = Supervisor(config)
        running = self._running(supervisor, places)
        address = public_address(config) if "nginx" in running else choose_address(config)
        services = all_services(config, secrets.load(config))
        self._check_ports([service.name for service in services if service.name not in running])
        supervisor.start(services)
        results = run_stages(self._stages(services), reporter)
        seconds = time.monotonic() - self.begin
        memory = sum(memory_of(supervisor.pids()).values())
        if len(running) < len(services):
            now = datetime.now(UTC).isoformat(timespec="seconds")
            facts = {"ended_at": now, "seconds": round(seconds, 1), "memory_bytes": memory}
            write_json(places.last_up, facts)
        return WentUp(address.url, seconds, memory, results, disk.warning(config.home))

    def _running(self, supervisor: Supervisor, places: Places) -> set[str]:
        """What supervisor keeps; where it is gone, what it left behind is ended first."""
        if supervisor.is_up():
            return {name for name, state in supervisor.states().items() if state.is_up}
        if ended := kept.end_all(places):
            self.say(f"ended {ended} processes that a supervisor which is gone had left behind")
        places.status.unlink(missing_ok=True)
        return set()

    def _check_ports(self, names: list[str]) -> None:
        """Before anything is started: a port that is taken is told with who has it."""
        config = self.config
        if config.postgres.is_embedded and PostgresServer(config).process():
            names = [name for name in names if name != "postgres"]  # started by `okr run`; it is taken over
        if config.kafka.is_embedded and KafkaServer(config).process():
            names = [name for name in names if name != "kafka"]
        if lines := taken_ports(config, names):
            raise PortTakenError("; ".join(lines))

    def _stages(self, services: Sequence[Service]) -> list[Stage]:
        names = {service.name for service in services}
        database = ("postgres",) if "postgres" in names else ()
        stages = [Stage(SCHEMA, "newest schema", self._schema, needs=database)]
        stages.append(Stage(PAGES, "pages of the models", self._pages, needs=(SCHEMA,)))
        for service in services:
            # Also on a server of others: the roles that own the services' databases come with the schema.
            needs = tuple(name for name in service.needs if name != "postgres")
            needs += (SCHEMA,) if "postgres" in (*service.needs, *service.needs_elsewhere) else ()
            stages.append(Stage(service.name, service.name, partial(self._service, service), needs))
        order = {service.name: place for place, service in enumerate(in_order(services))}
        return sorted(stages, key=lambda stage: order.get(stage.name, len(order)))

    def _service(self, service: Service, listen: Listener) -> tuple[str, dict[str, Any]]:
        return bring_up(self.config, service, listen), {}

    def _schema(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        databases.create_databases(self.config)
        return "there", {}

    def _pages(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        return pages.write_pages(self.config), {}
