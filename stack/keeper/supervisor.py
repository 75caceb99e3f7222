"""Supervisor, the one keeper of processes: started, told and asked over its socket."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

import settings
from settings import ROOT
from stack import processes
from stack.errors import ServiceError
from stack.keeper.configuration import MEMORY_LISTENER, configuration
from stack.keeper.places import MARK, Places
from stack.pipeline.child import environment
from stack.services.service import Service

__all__ = ["ProcessState", "Supervisor"]

ANSWERS_WITHIN = 5.0
STARTS_WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What supervisor knows of a service: its state in supervisor's words, process, moments, last exit."""

    name: str
    state: str
    pid: int
    started: float
    stopped: float
    spawn_error: str

    @property
    def is_up(self) -> bool:
        """Whether there is a process that is meant to stay."""
        return self.state in {"STARTING", "RUNNING"}


class Supervisor:
    """The supervisor of one home."""

    def __init__(self, config: settings.Settings) -> None:
        self.places = Places.of(config)

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            self._call("getState")
        except ServiceError:
            return False
        return True

    def process(self) -> psutil.Process | None:
        """Its process, where it runs."""
        try:
            return psutil.Process(int(self.places.pid_file.read_text()))
        except (OSError, ValueError, psutil.Error):
            return None

    def start(self, services: Sequence[Service]) -> bool:
        """Start it with these services known and none started, or tell the running one what has changed.

        Returns whether it was started. Raises ServiceError with its own words.
        """
        changed = self._write(configuration(self.places, services))
        if self.is_up():
            if changed:
                self._reread()
            return False
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.places.configuration)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment(),
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        patience = Retrying(
            stop=stop_after_delay(STARTS_WITHIN),
            wait=wait_fixed(0.1),
            retry=retry_if_result(lambda up: not up),
            retry_error_callback=lambda _: False,
        )
        if done.returncode != 0 or not patience(self.is_up):
            words = (done.stderr + done.stdout).strip().splitlines() or ["it does not answer"]
            raise ServiceError(
                f"supervisor does not start: {words[-1]} (log: {self.places.log('supervisor')})"
            )
        return True

    def shut_down(self) -> None:
        """End it and whatever it still keeps."""
        process = self.process()
        self._call("shutdown")
        if process and not processes.ends_within(process, 60):
            raise ServiceError(
                f"supervisor (process {process.pid}) does not end; log: {self.places.log('supervisor')}"
            )

    def states(self) -> dict[str, ProcessState]:
        """Every service it knows, by name. Raises ServiceError where it does not answer."""
        return {
            info["name"]: ProcessState(
                info["name"],
                info["statename"],
                info["pid"],
                info["start"],
                info["stop"],
                _spawn_error(info["spawnerr"]),
            )
            for info in self._call("getAllProcessInfo")
            if info["name"] != MEMORY_LISTENER
        }

    def pids(self) -> dict[str, int]:
        """Every process it keeps, its own helpers too, and itself."""
        infos = self._call("getAllProcessInfo")
        return {
            "supervisor": self._call("getPID"),
            **{info["name"]: info["pid"] for info in infos if info["pid"]},
        }

    def start_service(self, name: str) -> None:
        """Start a service, not waiting for anything; one that runs is left alone."""
        self._call("startProcess", name, False, faults_allowed=("ALREADY_STARTED",))

    def stop_service(self, name: str, patience: float) -> bool:
        """Stop a service and wait for its end; False if it did not run."""
        state = self.states().get(name)
        if state is None or state.state in {"STOPPED", "EXITED", "FATAL"}:
            return False
        self._call("stopProcess", name, False, faults_allowed=("NOT_RUNNING",))
        wait = Retrying(
            stop=stop_after_delay(patience),
            wait=wait_fixed(0.2),
            retry=retry_if_result(lambda pid: pid != 0),
            retry_error_callback=lambda _: -1,
        )
        if wait(lambda: self.states()[name].pid) != 0:
            raise ServiceError(f"{name} does not end within {patience:.0f} s; log: {self.places.log(name)}")
        return True

    def _write(self, text: str) -> bool:
        """Write the configuration, for its owner only; False if it said the same before."""
        path = self.places.configuration
        path.parent.mkdir(parents=True, exist_ok=True)
        self.places.log("supervisor").parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_text() == text:
            return False
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.rename(path)
        return True

    def _reread(self) -> None:
        """Take over a changed configuration: what has changed is stopped, and started by whoever asked."""
        added, changed, removed = self._call("reloadConfig")[0]
        for name in (*changed, *removed):
            self._call("stopProcessGroup", name, True, faults_allowed=("NOT_RUNNING",), seconds=90.0)
            self._call("removeProcessGroup", name)
        for name in (*added, *changed):
            self._call("addProcessGroup", name)

    def _environment(self) -> dict[str, str]:
        """What every service finds: our environment, this Python's programs first, and the keeper's mark."""
        inherited = environment()
        path = f"{Path(sys.executable).parent}:{inherited.get('PATH', '/usr/bin:/bin')}"
        return {**inherited, "PATH": path, "OKR_HOME": str(self.places.home), MARK: str(self.places.home)}

    def _call(
        self,
        method: str,
        *arguments: Any,
        faults_allowed: tuple[str, ...] = (),
        seconds: float = ANSWERS_WITHIN,
    ) -> Any:
        transport = _SocketTransport(self.places.socket, seconds)
        try:
            with xmlrpc.client.ServerProxy("http://localhost", transport) as server:
                return getattr(server.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if any(fault.faultString.startswith(name) for name in faults_allowed):
                return None
            raise ServiceError(
                f"supervisor refuses {method} {' '.join(map(str, arguments))}: {fault.faultString}"
            ) from fault
        except (OSError, http.client.HTTPException) as problem:
            raise ServiceError(f"supervisor does not answer on {self.places.socket}: {problem}") from problem


def _spawn_error(words: str) -> str:
    """Why no process could be made; that one ended too soon is not that, and its own log says more."""
    return "" if words.startswith("Exited too quickly") else words


class _SocketTransport(xmlrpc.client.Transport):
    """Calls over a Unix socket, each within some seconds; supervisor's own transport waits for ever."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__()
        self.path = path
        self.seconds = seconds

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """A connection to the socket."""
        return _SocketConnection(self.path, self.seconds)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))
