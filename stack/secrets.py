"""The secrets of the services: made once, kept in a file only its owner may read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

from filelock import FileLock

import settings
from stack.errors import StackError

__all__ = ["Secrets", "load"]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the services share with one another and with nobody else.

    `proxy` is known to nginx and to those behind it; `session` signs the API's cookies; the others are
    Airflow's and Superset's own.
    """

    proxy: str = field(repr=False)
    session: str = field(repr=False)
    airflow_jwt: str = field(repr=False)
    airflow_fernet: str = field(repr=False)
    airflow_api: str = field(repr=False)
    superset: str = field(repr=False)


def load(config: settings.Settings) -> Secrets:
    """The secrets of a home; those that are missing are made and kept.

    Raises StackError where the file is there and cannot be read: to make new ones would end every session and
    lock Airflow and Superset out of what they have encrypted.
    """
    path = config.home / "secrets.json"
    config.home.mkdir(parents=True, exist_ok=True)
    with FileLock(config.home / "secrets.lock"):
        kept = _read(path)
        missing = [each.name for each in fields(Secrets) if each.name not in kept]
        if missing:
            kept |= {name: MAKERS.get(name, _token)() for name in missing}
            _write(path, kept)
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
    return Secrets(**{each.name: kept[each.name] for each in fields(Secrets)})


def _token() -> str:
    return secrets.token_urlsafe(64)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {"airflow_fernet": _fernet_key}


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise StackError(
            f"{str(path)!r} cannot be read ({problem}); mend it, or remove it to make new secrets"
        ) from problem
    if not isinstance(kept, dict) or not all(isinstance(value, str) and value for value in kept.values()):
        raise StackError(f"{str(path)!r} is not a list of secrets; remove it to make new ones")
    return kept


def _write(path: Path, kept: dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(kept, file, indent=2)
    fresh.rename(path)
