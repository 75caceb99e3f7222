"""Detached server processes: who they are, whether they are still ours, and how they end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from random import Random

import psutil
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

__all__ = [
    "alive",
    "end_left_behind",
    "ends_within",
    "free_ports",
    "port_comes_free",
    "port_is_free",
    "port_owner",
    "read_mark",
    "stop",
    "write_mark",
]

SERVER_PORTS = range(20_000, 32_000)


def write_mark(path: Path, pid: int) -> None:
    """Note a process in a pid file, with its start: a later process of the same number is another."""
    mark = {"pid": pid, "started": psutil.Process(pid).create_time()}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(mark))
    fresh.rename(path)


def read_mark(path: Path) -> psutil.Process | None:
    """The live process a pid file speaks of; None where the file is missing or stale."""
    try:
        mark = json.loads(path.read_text())
        process = psutil.Process(int(mark["pid"]))
        same = abs(process.create_time() - float(mark["started"])) < 1
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if same and alive(process) else None


def alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def ends_within(process: psutil.Process, seconds: float) -> bool:
    """Whether a process is gone, or goes within `seconds`: a kill takes its time."""
    patience = Retrying(
        stop=stop_after_delay(seconds),
        wait=wait_fixed(0.1),
        retry=retry_if_result(bool),
        retry_error_callback=lambda _: True,
    )
    return not patience(alive, process)


def end_left_behind(leader: int, ours: Iterable[psutil.Process], patience: float) -> int:
    """End those of our processes in the group of a server that was killed, for they may hold ports; how many.

    The group keeps its number, which is not given anew, while any of it lives; after a restart of the machine
    it may be a stranger's, so that only `ours` are looked at. A leader that lives is another process by now,
    and nothing is ended.
    """
    found = [process for process in ours if _is_of_group(process, leader)]
    if any(process.pid == leader for process in found):
        return 0
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(found, timeout=patience)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return len(found)


def _is_of_group(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getpgid(process.pid) == leader and alive(process)
    except ProcessLookupError:
        return False


def stop(process: psutil.Process, patience: float) -> None:
    """End a process politely, and after `patience` seconds its whole group by force."""
    try:
        group = os.getpgid(process.pid)
        process.terminate()
        process.wait(patience)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return
    except psutil.TimeoutExpired:
        if group == process.pid:
            os.killpg(group, signal.SIGKILL)
        else:
            process.kill()
        process.wait(patience)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address nobody listens on now.

    They lie below those the system gives to clients: a server that is killed must find its port free again.
    """
    free = (port for port in Random().sample(SERVER_PORTS, len(SERVER_PORTS)) if port_is_free(port))
    return list(islice(free, count))


def port_is_free(port: int) -> bool:
    """Whether a server could listen on a port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def port_comes_free(port: int, patience: float) -> bool:
    """Whether a port is free within `patience` seconds: a killed process holds it until it is quite gone."""
    wait = Retrying(
        stop=stop_after_delay(patience), wait=wait_fixed(0.1), retry=retry_if_result(lambda free: not free)
    )
    try:
        return bool(wait(port_is_free, port))
    except RetryError:
        return False


def port_owner(port: int) -> str:
    """Who listens on a port, in words; what the operating system hides is said to be hidden."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        connections = []
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            try:
                process = psutil.Process(connection.pid)
                command = " ".join(process.cmdline())[:120] or process.name()
            except psutil.Error:
                command = "unknown command"
            return f"process {connection.pid} ({command})"
    return "another user's process"
