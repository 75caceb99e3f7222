"""The text of `.env.example`, written from the definitions of the settings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from settings.addresses import AddressSettings
from settings.kafka import KafkaSettings
from settings.locations import ROOT
from settings.oracle import OracleSettings
from settings.postgres import PostgresSettings
from settings.warehouse import Settings

__all__ = ["EXAMPLE", "example_text", "variable_names"]

EXAMPLE = ROOT / ".env.example"
HEAD = """\
# Every setting, with its default. Copy to .env and change what differs, or export the variable, which wins.
# Written from the definitions in settings/ by `python -m settings`; do not edit.
"""
GROUPS: tuple[type[BaseSettings], ...] = (
    Settings,
    AddressSettings,
    PostgresSettings,
    KafkaSettings,
    OracleSettings,
)
COMPUTED = {
    "OKR_HOME": ".okr in the checkout; for root a folder under /var/lib/okr-warehouse",
    "OKR_KAFKA_BOOTSTRAP": "127.0.0.1:OKR_KAFKA_PORT",
    "OKR_PG_HOST": "the embedded server, on a socket in /tmp",
}


def example_text() -> str:
    """The whole file: groups in the order of their prefix, each variable under its description."""
    return HEAD + "".join(_group(group) for group in GROUPS)


def variable_names() -> list[str]:
    """Every variable there is."""
    return [name for group in GROUPS for name, _ in _fields(group)]


def _group(group: type[BaseSettings]) -> str:
    lines = ["", *(f"# {line}".rstrip() for line in inspect.cleandoc(group.__doc__ or "").splitlines())]
    for name, field in _fields(group):
        lines += ["", f"# {field.description}", f"# {name}={_default(name, field)}"]
    return "\n".join(lines) + "\n"


def _fields(group: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in group.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings)
        if not nested:
            yield f"{group.model_config.get('env_prefix', '')}{name}".upper(), field


def _default(name: str, field: FieldInfo) -> str:
    if name in COMPUTED:
        return f"   (unset: {COMPUTED[name]})"
    if isinstance(field.default, Path):
        return str(field.default.relative_to(ROOT))
    return "" if field.default is None else str(field.default)
