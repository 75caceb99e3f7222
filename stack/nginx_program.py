"""The program nginx: where it is, how it comes onto the machine, and what a killed one left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import psutil

from stack import processes
from stack.errors import ServiceError

__all__ = ["end_orphans", "find_nginx", "install_nginx", "is_running"]

FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")
INSTALLERS = {
    "apt-get": ("apt-get install --yes --no-install-recommends nginx", "apt-get update"),
    "dnf": ("dnf install --assumeyes nginx", None),
    "apk": ("apk add nginx", None),
    "zypper": ("zypper --non-interactive install nginx", None),
}
PATIENCE = 5


def find_nginx() -> str | None:
    """Path of nginx, also where the user's PATH leaves out the folders of servers."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *FOLDERS]))


def install_nginx() -> str:
    """Path of nginx; where it is missing, root installs it. Raises ServiceError with what to type."""
    if program := find_nginx():
        return program
    tool = next((name for name in INSTALLERS if shutil.which(name)), None)
    if tool is None:
        raise ServiceError("nginx is not installed; install it with the system's package manager")
    command, first = INSTALLERS[tool]
    if os.geteuid() != 0:
        raise ServiceError(f"nginx is not installed; as root: {command}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in filter(None, (first, command)):
        done = subprocess.run(step.split(), env=quiet, text=True, capture_output=True, check=False)
        if done.returncode and step == command:
            said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise ServiceError(f"nginx is missing and could not be installed ({command}): {said}")
    _stop_the_systems_own()
    program = find_nginx()
    if program is None:
        raise ServiceError(f"nginx is missing after `{command}`; install it by hand")
    return program


def is_running(folder: Path) -> psutil.Process | None:
    """The live master process of the nginx of a folder."""
    try:
        process = psutil.Process(int((folder / "nginx.pid").read_text()))
        ours = process.name() == "nginx" and process.status() != psutil.STATUS_ZOMBIE
        return process if ours and str(folder) in " ".join(process.cmdline()) else None
    except (OSError, ValueError, psutil.Error):
        return None


def end_orphans(folder: Path) -> int:
    """End the workers a killed master left behind, for they hold its ports; how many there were."""
    try:
        master = int((folder / "nginx.pid").read_text())
    except (OSError, ValueError):
        return 0
    named = (process for process in psutil.process_iter(["name"]) if process.info["name"] == "nginx")
    return processes.end_left_behind(master, named, PATIENCE)


def _stop_the_systems_own() -> None:
    """The package starts an nginx of its own on port 80, which nobody asked for."""
    for command in (("systemctl", "disable", "--now", "nginx"), ("service", "nginx", "stop")):
        if shutil.which(command[0]):
            subprocess.run(command, capture_output=True, check=False)
