"""Dashboards as code: sound as they lie here, and each kind of fault is found."""

from __future__ import annotations

import copy
import importlib.util
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from settings import ROOT

FOLDER = ROOT / "superset"
Files = dict[str, dict[str, Any]]
KEY_RESULTS = "datasets/okr_warehouse/key_results.yaml"
WEEKS = "datasets/okr_warehouse/key_result_weeks.yaml"
TEAMS = "charts/progress_by_team.yaml"
BEHIND = "charts/furthest_behind.yaml"
DASHBOARD = "dashboards/okr_health.yaml"


def by_location(name: str) -> ModuleType:
    """A file of superset/ as a module; the folder itself is never a package."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


assets = by_location("assets")
asset_rules = by_location("asset_rules")
bundle = by_location("bundle")


def test_the_files_are_sound() -> None:
    files = assets.read()
    assert sum(path.startswith("charts/") for path in files) >= 10
    assert asset_rules.problems(files) == []


def column(files: Files) -> None:
    files[KEY_RESULTS]["columns"][0]["column_name"] = "no_such_column"


def picked_column(files: Files) -> None:
    files[KEY_RESULTS]["sql"] = files[KEY_RESULTS]["sql"].replace(
        "key_results.progress,", "key_results.progres,"
    )


def computed_column(files: Files) -> None:
    files[KEY_RESULTS]["sql"] = files[KEY_RESULTS]["sql"].replace(
        "key_results.progress,", "key_results.progress * 100 as progress,"
    )


def raw_table(files: Files) -> None:
    files[WEEKS]["sql"] = files[WEEKS]["sql"].replace("from fct_key_result_weeks", "from okr_raw.records")


def computed_metric(files: Files) -> None:
    files[KEY_RESULTS]["metrics"][0]["expression"] = "SUM(attained) / COUNT(*)"


def weighted_metric(files: Files) -> None:
    files[KEY_RESULTS]["metrics"][0]["expression"] = "AVG(progress * weight)"


def metric_of_chart(files: Files) -> None:
    files[TEAMS]["params"]["metrics"] = [{"expressionType": "SQL", "sqlExpression": "avg(progress)"}]


def unknown_metric(files: Files) -> None:
    files[TEAMS]["params"]["metrics"][0] = "no_such_metric"


def unknown_filter(files: Files) -> None:
    files[TEAMS]["params"]["adhoc_filters"][0]["subject"] = "no_such_column"


def unknown_order(files: Files) -> None:
    files[BEHIND]["params"]["order_by_cols"] = ['["no_such_column", false]']


def drawn_order(files: Files) -> None:
    for metric in files[KEY_RESULTS]["metrics"]:
        if metric["metric_name"] == "average_pace_gap":
            metric["verbose_name"] = "Mean behind pace"


def counted_order(files: Files) -> None:
    files[TEAMS]["params"]["stack"] = "Stack"


def no_unit(files: Files) -> None:
    files[TEAMS]["description"] = "Progress by team. As of: today."


def same_uuid(files: Files) -> None:
    files[TEAMS]["uuid"] = files[BEHIND]["uuid"]


def lost_dataset(files: Files) -> None:
    files[TEAMS]["dataset_uuid"] = "00000000-0000-0000-0000-000000000000"


def lost_chart(files: Files) -> None:
    del files[TEAMS]


def chart_nowhere(files: Files) -> None:
    del files[DASHBOARD]["position"]["CHART-progress_by_team"]


def filter_column(files: Files) -> None:
    rule = files[DASHBOARD]["metadata"]["native_filter_configuration"][0]
    rule["targets"][0]["column"]["name"] = "no_such_column"


def filter_scope(files: Files) -> None:
    files[DASHBOARD]["metadata"]["native_filter_configuration"][0]["scope"]["excluded"] = [99]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (column, "'no_such_column' is in no contract"),
        (picked_column, "'key_results.progres' is in no contract"),
        (computed_column, "is more than a column; dbt computes"),
        (raw_table, "there is no curated model 'records'"),
        (computed_metric, "is more than counting"),
        (weighted_metric, "calculates; dbt computes"),
        (metric_of_chart, "define it in the dataset"),
        (unknown_metric, "metric 'no_such_metric' is not in dataset"),
        (unknown_filter, "column 'no_such_column' is not in dataset"),
        (unknown_order, "column 'no_such_column' is not in dataset"),
        (drawn_order, "with a verbose_name it is drawn"),
        (counted_order, "would be in their totals"),
        (no_unit, "the description must say"),
        (same_uuid, "is another file's too"),
        (lost_dataset, "leads to no file"),
        (lost_chart, "leads to no file"),
        (chart_nowhere, "the chart stands on no dashboard"),
        (filter_column, "no column 'no_such_column'"),
        (filter_scope, "leaves out chart 99"),
    ],
)
def test_a_fault_is_found(spoil: Callable[[Files], None], said: str) -> None:
    files = copy.deepcopy(assets.read())
    spoil(files)
    found = asset_rules.problems(files)
    assert any(said in problem for problem in found), found


def test_bars_by_team_stay_few_enough_to_be_read() -> None:
    charts = [asset["params"] for path, asset in assets.read().items() if path.startswith("charts/")]
    by_team = [params for params in charts if params.get("x_axis") == "team_name"]
    assert len(by_team) == 3
    for params in by_team:
        assert params["row_limit"] <= 15 and params["order_desc"], "the worst of many"
        assert params["x_axis_sort"] == params["timeseries_limit_metric"], "in the order they were chosen by"
        assert not params["groupby"], "else the limit would count bars' parts"


def test_the_zip_is_the_same_each_time_and_holds_every_file(tmp_path: Path) -> None:
    again = tmp_path / "assets"
    for path in assets.FOLDER.rglob("*.yaml"):
        copied = again / path.relative_to(assets.FOLDER)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(path.read_bytes())
    assert bundle.zipped() == bundle.zipped(again)
    names = zipfile.ZipFile(io.BytesIO(bundle.zipped())).namelist()
    assert names == sorted(f"{bundle.ROOT_IN_ZIP}/{path}" for path in assets.read())


def test_files_are_written_as_they_are_kept() -> None:
    """Then an export changes only what was changed."""
    for path, asset in assets.read().items():
        assert assets.as_yaml(asset) == (assets.FOLDER / path).read_text("utf-8"), path


def test_no_password_stands_in_the_files() -> None:
    database = assets.read()["databases/okr_warehouse.yaml"]
    assert "@/" in database["sqlalchemy_uri"]
    assert ":" not in database["sqlalchemy_uri"].partition("://")[2].partition("@")[0]
    assert not database["allow_dml"]
