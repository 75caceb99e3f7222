"""Tells which paths under a folder have changed, by notifications of the operating system if it has any."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import psutil
from watchfiles._rust_notify import RustNotify

__all__ = ["FolderWatch"]

logger = logging.getLogger(__name__)

# What others write there is not notified here.
UNNOTIFIED = ("nfs", "cifs", "smb", "9p", "fuse", "virtiofs", "vboxsf", "prl_fs", "sshfs", "afs", "davfs")
SETTLE_MS = 100
STEP_MS = 50


class FolderWatch:
    """Watches a folder, which may be missing for a while, or be replaced by another."""

    def __init__(self, folder: Path, how: str) -> None:
        """`how`: `notify`, `poll`, or `auto`, which asks what file system the folder is on."""
        self._folder = folder
        self._identity: tuple[int, int] | None = None
        self._notify: RustNotify | None = None
        self.is_polling = how == "poll" or (how == "auto" and not _is_notified(folder))

    def wait(self, seconds: float) -> set[Path] | None:
        """What has changed within so many seconds, or as soon as something has; None: look at everything."""
        identity = _identity(self._folder)
        if identity != self._identity:
            self._begin(identity)
            return None if identity else set()
        if self._notify is None:
            time.sleep(seconds)
            return set()
        found = self._notify.watch(SETTLE_MS, STEP_MS, round(seconds * 1000), None)
        return {Path(path) for _, path in found} if isinstance(found, set) else set()

    def close(self) -> None:
        """End watching."""
        if self._notify:
            self._notify.close()
        self._notify = self._identity = None

    def _begin(self, identity: tuple[int, int] | None) -> None:
        self.close()
        self._identity = identity
        if identity is None or self.is_polling:
            return
        try:
            self._notify = RustNotify([str(self._folder)], False, False, 0, True, True)
        except OSError as problem:
            # No more watches to be had, say: looking at everything now and then does as well.
            logger.warning("%s can't be watched (%s): it is looked at now and then", self._folder, problem)
            self.is_polling = True


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder it is; None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_notified(folder: Path) -> bool:
    """Whether the file system tells of changes, whoever makes them."""
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    kind = max(mounts, key=lambda part: len(part.mountpoint)).fstype.lower() if mounts else ""
    return not kind.startswith(UNNOTIFIED)
