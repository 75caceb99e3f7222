"""Rules of the dbt project, asked of its manifest: names, folders, grains, keys, ways of the data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT

PREFIXES = {
    "base_": "staging",
    "stg_": "staging",
    "int_": "intermediate",
    "dim_": "curated",
    "fct_": "curated",
    "rpt_": "curated",
    "ml_": "curated",
    "okr_": "curated",
}
KEY_TESTS = {"unique", "unique_combination"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt knows of the project after parsing it; no database is asked."""
    target = tmp_path_factory.mktemp("target")
    result = subprocess.run(
        [Path(sys.executable).parent / "dbt", "parse", "--target", "postgres", "--no-partial-parse"],
        cwd=ROOT,
        env={**os.environ, "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    loaded: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return loaded


def models(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            yield node


def test_there_are_models_of_every_layer(manifest: dict[str, Any]) -> None:
    names = {model["name"].split("_")[0] for model in models(manifest)}
    assert {"base", "stg", "int", "dim", "fct", "rpt", "ml"} <= names


def test_a_models_prefix_names_its_folder(manifest: dict[str, Any]) -> None:
    wrong = []
    for model in models(manifest):
        layer = next((layer for prefix, layer in PREFIXES.items() if model["name"].startswith(prefix)), None)
        folders = model["path"].split("/")
        if layer is None or layer not in folders:
            wrong.append(model["path"])
    assert wrong == []


def test_the_processed_layer_never_reads_the_curated_one(manifest: dict[str, Any]) -> None:
    wrong = [
        (model["path"], parent)
        for model in models(manifest)
        if model["path"].startswith("processed/")
        for parent in model["depends_on"]["nodes"]
        if parent in manifest["nodes"] and manifest["nodes"][parent]["path"].startswith("curated/")
    ]
    assert wrong == []


def test_a_staging_model_lies_in_the_folder_of_its_source(manifest: dict[str, Any]) -> None:
    wrong = [
        model["path"]
        for model in models(manifest)
        if model["name"].startswith("stg_")
        and model["path"].split("/")[-2] != model["name"].removeprefix("stg_").split("__")[0]
    ]
    assert wrong == []


def test_a_description_begins_with_the_grain(manifest: dict[str, Any]) -> None:
    wrong = [
        model["name"] for model in models(manifest) if not model["description"].startswith("One row per ")
    ]
    assert wrong == []


def test_every_column_that_is_listed_is_described(manifest: dict[str, Any]) -> None:
    wrong = [
        f"{model['name']}.{column['name']}"
        for model in models(manifest)
        for column in model["columns"].values()
        if not column["description"].strip()
    ]
    assert wrong == []


def test_every_model_has_a_tested_key(manifest: dict[str, Any]) -> None:
    tested = {
        depends
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") in KEY_TESTS
        for depends in [node["attached_node"]]
    }
    wrong = [model["name"] for model in models(manifest) if model["unique_id"] not in tested]
    assert wrong == []


def test_only_staging_reads_sources(manifest: dict[str, Any]) -> None:
    wrong = [
        model["path"]
        for model in models(manifest)
        if model["sources"] and not model["path"].startswith("processed/staging/")
    ]
    assert wrong == []


def test_nothing_that_feeds_the_model_descends_from_its_forecasts(manifest: dict[str, Any]) -> None:
    forecasts = {name for name, source in manifest["sources"].items() if source["source_name"] == "okr_ml"}
    assert forecasts
    wrong = {}
    for model in models(manifest):
        if model["name"].startswith("ml_"):
            reached = ancestors(manifest, model["unique_id"])
            assert len(reached) > 10
            wrong.update({model["name"]: sorted(reached & forecasts)} if reached & forecasts else {})
    assert wrong == {}


def ancestors(manifest: dict[str, Any], node: str) -> set[str]:
    """All nodes a node is built from."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), []):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_no_model_asks_the_clock(manifest: dict[str, Any]) -> None:
    clocks = ("current_date", "current_timestamp", "now()", "sysdate", "systimestamp", "run_started_at")
    wrong = [
        model["path"] for model in models(manifest) if any(clock in model["raw_code"] for clock in clocks)
    ]
    assert wrong == []


def test_every_model_belongs_to_a_group_with_an_owner(manifest: dict[str, Any]) -> None:
    owners = {group["name"]: group["owner"].get("email") for group in manifest["groups"].values()}
    wrong = [model["name"] for model in models(manifest) if not owners.get(model["group"])]
    assert wrong == []
