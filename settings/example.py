"""The text of `.env.example`, written from the definitions of the settings."""

from __future__ import annotations

import inspect
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from settings.locations import ROOT
from settings.warehouse import GROUPS, fields_of

__all__ = ["EXAMPLE", "example_text"]

EXAMPLE = ROOT / ".env.example"
HEAD = """\
# Every setting, with its default. Copy to .env and change what differs, or export the variable, which wins.
# Written from the definitions in settings/ by `python -m settings`; do not edit.
"""
COMPUTED = {
    "OKR_HOME": ".okr in the checkout; for root a folder under /var/lib/okr-warehouse",
    "OKR_KAFKA_BOOTSTRAP": "127.0.0.1:OKR_KAFKA_PORT",
    "OKR_PG_HOST": "the embedded server, on a socket in /tmp",
}


def example_text() -> str:
    """The whole file: groups in the order of their prefix, each variable under its description."""
    return HEAD + "".join(_group(group) for group in GROUPS)


def _group(group: type[BaseSettings]) -> str:
    lines = ["", *(f"# {line}".rstrip() for line in inspect.cleandoc(group.__doc__ or "").splitlines())]
    for name, field in fields_of(group):
        lines += ["", f"# {field.description}", f"# {name}={_default(name, field)}"]
    return "\n".join(lines) + "\n"


def _default(name: str, field: FieldInfo) -> str:
    if name in COMPUTED:
        return f"   (unset: {COMPUTED[name]})"
    if isinstance(field.default, Path):
        return str(field.default.relative_to(ROOT))
    return "" if field.default is None else str(field.default)
