"""What a Postgres that was killed leaves behind, and who else may hold its port."""

from __future__ import annotations

from pathlib import Path

import psutil
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

import settings
from stack import processes
from stack.errors import PortTakenError, ServiceError

__all__ = ["check_port", "clear_stale"]


def clear_stale(data: Path) -> None:
    """After a kill, wait for the server's children to end, then drop a lock whose owner is gone.

    Postgres itself stops at a lock that names a live process, and a killed one that no parent has reaped,
    or a stranger that got its number after a reboot, counts as live.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    patience = Retrying(
        stop=stop_after_delay(30),
        wait=wait_fixed(0.2),
        retry=retry_if_exception_type(ServiceError),
        reraise=True,
    )
    for attempt in patience:
        with attempt:
            if left := _children_left(data):
                raise ServiceError(
                    f"a killed Postgres left process {left[0]} behind; end it, then start again"
                )
    lock.unlink(missing_ok=True)


def check_port(postgres: settings.PostgresSettings) -> None:
    """Raise PortTakenError where somebody listens on the server's port; a stale socket is taken away."""
    lock = Path(postgres.host) / f".s.PGSQL.{postgres.port}.lock"
    try:
        number, folder = lock.read_text().split("\n")[:2]
        holder = psutil.Process(int(number))
        if holder.name() == "postgres" and processes.alive(holder):
            raise PortTakenError(
                f"OKR_PG_PORT={postgres.port}: another checkout's Postgres listens there "
                f"(process {number}, data in {folder}); stop it with its own `okr down`, "
                "or set OKR_PG_PORT to a free port"
            )
        lock.unlink()
        lock.with_suffix("").unlink(missing_ok=True)
    except (OSError, ValueError, psutil.NoSuchProcess):
        pass
    if not processes.port_is_free(postgres.port):
        raise PortTakenError(
            f"OKR_PG_PORT={postgres.port}: {processes.port_owner(postgres.port)} listens; "
            "end it, or set OKR_PG_PORT to a free port"
        )


def _children_left(data: Path) -> list[int]:
    folder = str(data.resolve())
    left = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.name() == "postgres" and processes.alive(process) and process.cwd() == folder:
                left.append(process.pid)
        except psutil.Error:
            continue
    return left
