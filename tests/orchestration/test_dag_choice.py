"""What a run started by signals builds: what new files touch, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from okr.choice import EVERYTHING, Known, Manifest, choose, read_known

import settings
from settings import ROOT

CHECK_INS, SCORES = "stg_template__check_ins", "stg_template__scores"
LEDGER = {"stg_okr_raw__files", "stg_okr_raw__publications", "stg_okr_raw__arrivals"}


@pytest.fixture(scope="module")
def graph(manifest: dict[str, Any]) -> Manifest:
    return Manifest(manifest["nodes"])


def built(graph: Manifest, up_to: int, **others: int) -> dict[str, int]:
    """All of staging, built up to a publication, some up to another."""
    return dict.fromkeys(graph.staging, up_to) | others


def chosen(selection: str) -> set[str]:
    return {word.removesuffix("+") for word in selection.split()}


def test_staging_models_are_named_after_their_dataset(graph: Manifest) -> None:
    with_dataset = {model: dataset for model, dataset in graph.staging.items() if dataset}
    assert len(with_dataset) > 20
    for model, dataset in with_dataset.items():
        assert model == "stg_" + dataset.replace(".", "__", 1)
    assert {model for model, dataset in graph.staging.items() if dataset is None} >= LEDGER


def test_nothing_new_builds_nothing(graph: Manifest) -> None:
    choice = choose(graph, Known({"template.check_ins": 7, "template.scores": 5}, built(graph, 7)))
    assert choice.selection == ""
    assert choice.nodes == frozenset()


def test_a_new_file_builds_its_staging_model_the_ledger_and_what_follows(graph: Manifest) -> None:
    choice = choose(graph, Known({"template.check_ins": 8, "template.scores": 5}, built(graph, 7)))
    assert CHECK_INS in chosen(choice.selection)
    assert chosen(choice.selection) - {CHECK_INS} == {
        model for model, dataset in graph.staging.items() if dataset is None
    }
    names = {graph.nodes[node]["name"] for node in choice.nodes}
    assert {"fct_check_ins", "fct_key_result_states", "rpt_files"} <= names
    assert not {SCORES, "dim_dates", "stg_oslo__periods", "base_okr_raw__published_records"} & names


def test_a_file_of_no_known_dataset_is_shown_in_the_ledger(graph: Manifest) -> None:
    known: Mapping[str | None, int] = {"template.check_ins": 7, None: 8}
    names = chosen(choose(graph, Known(known, built(graph, 7))).selection)
    assert names == {model for model, dataset in graph.staging.items() if dataset is None}


def test_what_a_failed_build_left_is_taken_again(graph: Manifest) -> None:
    """Publication 8 was built but for what descends from the scores; then 9 comes, of another dataset."""
    renewed = built(graph, 8, **{SCORES: 7})
    newest = {"template.check_ins": 9, "template.scores": 8}
    names = chosen(choose(graph, Known(newest, renewed)).selection)
    assert {CHECK_INS, SCORES} <= names
    assert SCORES in chosen(choose(graph, Known(newest | {"template.check_ins": 8}, renewed)).selection)


def test_a_model_never_built_is_taken(graph: Manifest) -> None:
    renewed = built(graph, 7)
    del renewed["stg_oslo__periods"]
    assert "stg_oslo__periods" in chosen(choose(graph, Known({"template.check_ins": 7}, renewed)).selection)


def test_a_new_day_builds_everything(graph: Manifest) -> None:
    choice = choose(graph, Known({"template.check_ins": 7}, {}))
    assert choice.selection == EVERYTHING
    assert choice.nodes == frozenset(graph.nodes)


@pytest.mark.slow
def test_the_nodes_are_those_dbt_selects(graph: Manifest, tmp_path: Path) -> None:
    choice = choose(graph, Known({"template.check_ins": 8}, built(graph, 7)))
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "ls", "--target-path", str(tmp_path)]
    command += ["--select", choice.selection, "--exclude", "tag:forecast", "--output", "json"]
    command += ["--output-keys", "unique_id", "--resource-type", "model", "--resource-type", "test"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    by_dbt = {line.split('"')[3] for line in listed.splitlines() if line.startswith("{")}
    of_forecasts = graph.descendants(["rpt_key_result_forecasts"])
    assert by_dbt == choice.nodes - of_forecasts


@pytest.mark.postgres
@pytest.mark.kafka
@pytest.mark.slow
def test_after_a_build_of_everything_nothing_is_left(
    graph: Manifest, okr_environment: settings.Settings, sample_filled: Any
) -> None:
    postgres = okr_environment.postgres.model_copy(update={"database": sample_filled.name})
    config = okr_environment.model_copy(update={"postgres": postgres})
    known = read_known(config, sample_filled.as_of)
    assert set(graph.staging) <= set(known.renewed)
    assert choose(graph, known).selection == ""
    newest = dict(known.newest)
    newest["template.check_ins"] = max(newest.values()) + 1
    assert CHECK_INS in chosen(choose(graph, replace(known, newest=newest)).selection)
