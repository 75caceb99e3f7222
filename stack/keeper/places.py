"""Where the keeper keeps its files under `OKR_HOME`."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import settings

__all__ = ["MARK", "Places", "read_json", "write_json"]

MARK = "OKR_KEPT_BY"
"""Environment variable that every process under our supervisor carries; its value is the home."""

LONGEST_SOCKET = 90  # of the operating system's 107, supervisor adds its process id for a moment


@dataclass(frozen=True, slots=True)
class Places:
    """Files and folders of one home."""

    home: Path

    @classmethod
    def of(cls, config: settings.Settings) -> Places:
        """Those of a configuration's home."""
        return cls(config.home.resolve())

    @property
    def folder(self) -> Path:
        """Folder of the keeper's own files."""
        return self.home / "services"

    @property
    def configuration(self) -> Path:
        """What supervisor is told; holds secrets."""
        return self.folder / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """Where supervisor is asked."""
        usual = self.folder / "supervisor.sock"
        if len(os.fsencode(usual)) <= LONGEST_SOCKET:
            return usual
        return (
            Path("/tmp")
            / f"okr-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]}.sock"
        )

    @property
    def pid_file(self) -> Path:
        """Which process supervisor is."""
        return self.folder / "supervisord.pid"

    @property
    def status(self) -> Path:
        """What the watcher saw last."""
        return self.folder / "status.json"

    @property
    def last_up(self) -> Path:
        """How the last `okr up` went."""
        return self.folder / "up.json"

    def log(self, name: str) -> Path:
        """Log of a service."""
        return self.home / "logs" / f"{name}.log"


def write_json(path: Path, facts: dict[str, Any]) -> None:
    """Write a file that readers see whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(facts, indent=1))
    fresh.rename(path)


def read_json(path: Path) -> dict[str, Any]:
    """What such a file holds; nothing where it is missing or broken."""
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
