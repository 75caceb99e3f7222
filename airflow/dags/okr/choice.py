"""What a run of okr_transform builds: everything, or only what new files touch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

import settings
from settings import Role

__all__ = ["EVERYTHING", "Choice", "Known", "Manifest", "choose", "read_known"]

EVERYTHING = "fqn:*"
DATASET = re.compile(r"\bdataset = '([^']+)'")
LEDGER = ("arrivals", "files", "ignored_files", "publications", "rejects")
"""Tables of okr_raw that change with every file."""

NEWEST = """
    select coalesce(publications.dataset, files.dataset), max(publications.publish_seq)
    from okr_raw.publications
    inner join okr_raw.files using (file_id)
    group by coalesce(publications.dataset, files.dataset)
"""
# A build that failed or was killed may have taken away what an earlier one made: a view goes with its table.
RENEWED = """
    with failed as (
        select max(started_at) as started_at
        from okr_ops.builds
        where renewed is not null and (finished_at is null or failures > 0)
    )
    select staging.model, max(builds.publish_seq)
    from okr_ops.builds
    cross join failed
    cross join lateral jsonb_array_elements_text(builds.renewed) as staging (model)
    where builds.as_of_date = %s
        and (failed.started_at is null or builds.started_at >= failed.started_at)
    group by staging.model
"""


@dataclass(frozen=True)
class Known:
    """What the warehouse says: newest publication of each dataset, and up to which each model is renewed."""

    newest: Mapping[str | None, int]
    renewed: Mapping[str, int]


@dataclass(frozen=True)
class Choice:
    """dbt's selection, and the nodes it comes to; of nothing, nothing."""

    selection: str
    nodes: frozenset[str]
    reason: str


@dataclass(frozen=True)
class Manifest:
    """What must be known of dbt's graph."""

    nodes: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """From the file dbt writes."""
        return cls(json.loads(path.read_text())["nodes"])

    @cached_property
    def staging(self) -> dict[str, str | None]:
        """Staging models that show files, each with its dataset; None for those that show the ledger."""
        found: dict[str, str | None] = {}
        for node in self.nodes.values():
            if node["resource_type"] != "model" or "staging" not in node["fqn"]:
                continue
            ledger = any(source == ["okr_raw", table] for source in node["sources"] for table in LEDGER)
            dataset = DATASET.search(node["raw_code"])
            if dataset:
                found[node["name"]] = dataset[1]
            elif ledger and node["name"].startswith("stg_"):
                found[node["name"]] = None
        return found

    def descendants(self, names: Iterable[str]) -> frozenset[str]:
        """Models of these names, all that is made from them, and every test that reads any: dbt's `name+`."""
        children: dict[str, list[str]] = {}
        for unique_id, node in self.nodes.items():
            for parent in node["depends_on"].get("nodes", []):
                children.setdefault(parent, []).append(unique_id)
        wanted = set(names)
        todo = [unique_id for unique_id, node in self.nodes.items() if node["name"] in wanted]
        found: set[str] = set()
        while todo:
            if (unique_id := todo.pop()) not in found:
                found.add(unique_id)
                todo += children.get(unique_id, [])
        return frozenset(found)


def choose(manifest: Manifest, known: Known) -> Choice:
    """Staging models whose files are newer than what was last built of them, and all that is made from them.

    What a failed build left behind is taken again: its staging model was not renewed. A model no build has
    renewed on this as-of date is taken too. Where that comes to every dataset, everything is built.
    """
    newest_of_all = max(known.newest.values(), default=0)
    chosen = []
    for model, dataset in sorted(manifest.staging.items()):
        newest = newest_of_all if dataset is None else known.newest.get(dataset, 0)
        renewed = known.renewed.get(model)
        if renewed is None or newest > renewed:
            chosen.append(model)
    if not chosen:
        return Choice("", frozenset(), f"nothing is newer than publication {newest_of_all}, which is built")
    if {model for model, dataset in manifest.staging.items() if dataset} <= set(chosen):
        return Choice(EVERYTHING, frozenset(manifest.nodes), "there is something to build of every dataset")
    selection = " ".join(f"{model}+" for model in chosen)
    return Choice(selection, manifest.descendants(chosen), f"new up to publication {newest_of_all}")


def read_known(config: settings.Settings, as_of: date) -> Known:
    """Ask the warehouse, with dbt's login."""
    with psycopg.connect(config.postgres.conninfo(Role.TRANSFORMER), connect_timeout=10) as connection:
        newest = dict(connection.execute(NEWEST).fetchall())
        renewed = dict(connection.execute(RENEWED, [as_of]).fetchall())
    return Known(newest, renewed)
