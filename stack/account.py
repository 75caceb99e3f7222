"""The operating system account the embedded Postgres runs as: Postgres refuses root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.errors import ServiceError

__all__ = ["Account", "current_user", "server_account"]


@dataclass(frozen=True, slots=True)
class Account:
    """A user to run a server as, and whether that means to step down from root."""

    name: str
    uid: int
    gid: int
    steps_down: bool

    def process_options(self) -> dict[str, Any]:
        """Keyword arguments of `subprocess` that start a child as this account."""
        if not self.steps_down:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def step_down(self) -> None:
        """Become this account, for good."""
        if self.steps_down:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)

    def own(self, path: Path) -> None:
        """Hand a file or folder over to the account."""
        if self.steps_down:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account can reach a folder and look into it."""
        if not self.steps_down:
            return os.access(folder, os.R_OK | os.X_OK)
        test = ["/bin/sh", "-c", 'test -x "$1" && test -r "$1"', "sh", str(folder)]
        return subprocess.run(test, cwd="/", check=False, **self.process_options()).returncode == 0


def current_user() -> str:
    """Name of the user this process runs as: the one the operating system vouches for on the socket."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as problem:
        raise ServiceError(
            f"user id {os.geteuid()} has no name on this machine, which Postgres asks for; "
            "add it to /etc/passwd or set OKR_PG_HOST to an external server"
        ) from problem


def server_account(configured: str) -> Account:
    """The account for a server: whoever runs this, or for root the configured unprivileged one."""
    if os.geteuid() != 0:
        return Account(current_user(), os.geteuid(), os.getegid(), steps_down=False)
    try:
        entry = pwd.getpwnam(configured)
    except KeyError as problem:
        raise ServiceError(
            f"OKR_PG_ACCOUNT={configured!r}: no such user on this machine; name an unprivileged one"
        ) from problem
    if entry.pw_uid == 0:
        raise ServiceError(
            f"OKR_PG_ACCOUNT={configured!r} is root, which Postgres refuses; name an unprivileged user"
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, steps_down=True)
