"""The files under assets/: one YAML file per database, dataset, chart and dashboard, linked by uuid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

__all__ = ["FOLDER", "KINDS", "read", "write"]

FOLDER = Path(__file__).with_name("assets")
KINDS = ("databases", "datasets", "charts", "dashboards")
Asset = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it reads, so that a changed line is a changed line."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def read(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every file by its path below the folder, in order."""
    paths = sorted(folder.rglob("*.yaml"))
    return {path.relative_to(folder).as_posix(): yaml.safe_load(path.read_text("utf-8")) for path in paths}


def write(path: Path, asset: Asset) -> None:
    """Write one file the way all of them are written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_yaml(asset), "utf-8")


def as_yaml(asset: Asset) -> str:
    """The text of one file."""
    return yaml.dump(asset, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
