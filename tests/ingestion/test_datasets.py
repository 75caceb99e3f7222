from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ingestion.csv_file import Tally, fingerprint, inspect, line_reader, rows
from ingestion.datasets import UNKNOWN, load_catalogue, unique_names
from ingestion.errors import DatasetError
from settings import ROOT

REAL = {
    "gitlab-handbook/extracted_items.csv": ("gitlab.okr_items", 2596),
    "gitlab-handbook/performance_indicators_extracted.csv": ("gitlab.performance_indicators", 229),
    "ipfs-community/okrs_2019_q1.csv": ("ipfs.key_results", 12),
    "metricor-okr-healthscan/features.csv": ("metricor.features", 4),
    "metricor-okr-healthscan/okrs.csv": ("metricor.okrs", 2),
    "metricor-okr-healthscan/stories.csv": ("metricor.stories", 4),
    "oslo-okr-tracker-mock/departments.csv": ("oslo.departments", 7),
    "oslo-okr-tracker-mock/keyResults.csv": ("oslo.key_results", 38),
    "oslo-okr-tracker-mock/keyResults_progress.csv": ("oslo.key_result_progress", 10),
    "oslo-okr-tracker-mock/kpis.csv": ("oslo.kpis", 6),
    "oslo-okr-tracker-mock/kpis_progress.csv": ("oslo.kpi_progress", 702),
    "oslo-okr-tracker-mock/objectives.csv": ("oslo.objectives", 29),
    "oslo-okr-tracker-mock/organizations.csv": ("oslo.organizations", 3),
    "oslo-okr-tracker-mock/periods.csv": ("oslo.periods", 21),
    "oslo-okr-tracker-mock/products.csv": ("oslo.products", 7),
    "tarides-okra/db.csv": ("tarides.team_objectives", 8),
    "tarides-okra/team-objectives.csv": ("tarides.team_objectives", 3),
}
TEMPLATE = {
    "template.cycles": "cycle_id,name,cadence,start_date,end_date,parent_cycle_id",
    "template.teams": "team_id,name,level,parent_team_id",
    "template.people": "person_id,name,email,team_id,is_active",
    "template.objectives": "objective_id,cycle_id,team_id,title,description,owner_email,parent_objective_id,"
    "lifecycle,effective_date,recorded_at",
    "template.key_results": "key_result_id,objective_id,title,kind,unit,start_value,target_value,lower_bound,"
    "upper_bound,weight,commitment,owner_email,priority,lifecycle,predecessor_id,effective_date,recorded_at",
    "template.key_result_changes": "action,key_result_id,objective_id,title,kind,unit,start_value,"
    "target_value,lower_bound,upper_bound,weight,commitment,owner_email,priority,lifecycle,predecessor_id,effective_date,"
    "recorded_at",
    "template.check_ins": "check_in_id,key_result_id,check_in_date,value,confidence,status,status_vocabulary,"
    "comment,author_email,is_deleted,recorded_at",
    "template.scores": "key_result_id,score,outcome,graded_at,graded_by,method,recorded_at",
}
ONE_SHEET = {
    "Objective,Key Result,Progress,Owner,Quarter,Status": "onesheet.key_results",
    "Key result ID,Objective,Key result,Direction,Baseline,Target,Unit": "onesheet.key_results",
    "objective,kr,progress_pct,quarter,owner,kr_id,dept,dept_code,metric_unit,baseline_value,target_value,status,"
    "confidence,due_week,updated_at": "onesheet.key_results",
    "Objective,Key Result,Current Value,Target Value,Progress": "onesheet.key_results",
    "Date,Objective,Key result,Value,Unit,Confidence,Note,By": "onesheet.check_ins",
}


@pytest.mark.parametrize(("name", "header"), TEMPLATE.items())
def test_our_template_is_recognised(name: str, header: str) -> None:
    assert load_catalogue().recognise(header.split(",")).name == name


@pytest.mark.parametrize(("header", "name"), ONE_SHEET.items())
def test_one_sheet_relatives_are_recognised(header: str, name: str) -> None:
    assert load_catalogue().recognise(header.split(",")).name == name


@pytest.mark.parametrize(("path", "expected"), REAL.items())
def test_real_files_are_recognised_and_read_whole(
    shared_data: Path, path: str, expected: tuple[str, int]
) -> None:
    file_path = shared_data / "data" / "okr" / path
    found = fingerprint(file_path)
    file, tally = inspect(file_path, found, load_catalogue()), Tally()
    with file_path.open("rb") as stream:
        assert all(row.flaw is None for row in rows(file, line_reader(file, stream, 500_000), tally, 500_000))
    assert (file.recognition.name, tally.loaded) == expected


def test_every_real_csv_file_is_listed_here(shared_data: Path) -> None:
    folder = shared_data / "data" / "okr"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.csv")} == set(REAL)


def test_case_and_spaces_do_not_count_and_cells_get_the_spelling_of_the_page() -> None:
    found = load_catalogue().recognise([" Cycle ID", "NAME", "cadence", "Start-Date", "end_date"])
    assert found.dataset is not None
    assert found.name == "template.cycles"
    assert [found.dataset.cell_name(name) for name in ("Cycle ID", "NAME", "end_date")] == [
        "cycle_id",
        "name",
        "end_date",
    ]


def test_aliases_keep_the_name_the_file_gives() -> None:
    found = load_catalogue().recognise(
        ["Date", "Objective", "Key result", "Value", "Unit", "Confidence", "Note", "By"]
    )
    assert found.dataset is not None
    assert found.dataset.cell_name("Key result") == "Key result"


def test_a_missing_column_makes_it_unknown_with_the_nearest() -> None:
    found = load_catalogue().recognise(["cycle_id", "name", "cadence", "start_date"])
    assert (found.name, found.nearest) == (UNKNOWN, "template.cycles")
    assert found.missing == "missing end_date"


def test_a_foreign_column_makes_it_unknown() -> None:
    found = load_catalogue().recognise([*TEMPLATE["template.teams"].split(","), "colour"])
    assert (found.name, found.nearest, found.missing) == (
        UNKNOWN,
        "template.teams",
        "not in the layout: colour",
    )


def test_a_layout_like_two_datasets_is_ambiguous(tmp_path: Path) -> None:
    page = {
        "datasets": {
            "a.x": {"kind": "append", "required": "p, q"},
            "b.x": {"kind": "append", "required": "q, p"},
        }
    }
    file = tmp_path / "datasets.yml"
    file.write_text(yaml.safe_dump(page))
    found = load_catalogue(file).recognise(["p", "q"])
    assert found.name == UNKNOWN
    assert found.reason == "ambiguous: could be a.x or b.x"


def test_a_wrong_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "datasets.yml"
    file.write_text(yaml.safe_dump({"datasets": {"a.x": {"kind": "pile", "required": "p"}}}))
    with pytest.raises(DatasetError, match=r"a\.x: kind 'pile' must be one of append, snapshot, change_set"):
        load_catalogue(file)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, "a change_set, and nothing else, has an action"),
        ({"action": {"column": "p", "add": "a"}}, "action must have column, add, update, delete"),
        (
            {"action": {"column": "r", "add": "a", "update": "u", "delete": "d"}},
            "action column 'r' is not a required one",
        ),
    ],
)
def test_a_change_set_declares_its_action(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    file = tmp_path / "datasets.yml"
    page = {"datasets": {"a.x": {"kind": "change_set", "required": "p, q", **change}}}
    file.write_text(yaml.safe_dump(page))
    with pytest.raises(DatasetError, match=complaint):
        load_catalogue(file)


def test_the_words_of_actions_are_those_that_dbt_knows() -> None:
    macro = (ROOT / "dbt_project/macros/text/change_action.sql").read_text()
    known = {
        word: action
        for action, words in re.findall(r"'(add|update|delete)': \[(.*?)\]", macro)
        for word in re.findall(r"'(\w+)'", words)
    }
    declared = [dataset for dataset in load_catalogue().datasets if dataset.kind == "change_set"]
    assert declared
    assert all(dataset.actions == known for dataset in declared)


def test_the_scopes_of_snapshots_are_those_that_dbt_closes_by() -> None:
    by_path = {dataset.name.split(".")[0] for dataset in load_catalogue().datasets if "path" in dataset.scope}
    assert by_path
    word = "'snapshot_scope': 'path'"
    labels = (ROOT / "dbt_project/macros/text/cycle_labels.sql").read_text()
    cycles_by_label = labels.partition("macro cycles_by_label")[2].partition("endmacro")[0]
    for model in (ROOT / "dbt_project/models/processed/intermediate/mapped").rglob("*_mapped.sql"):
        text = model.read_text().replace("cycles_by_label()", cycles_by_label)
        closes_by_path = word in text
        assert closes_by_path == (model.parent.name in by_path), model.name


def test_no_header_of_the_page_is_of_two_datasets() -> None:
    catalogue = load_catalogue()
    for dataset in catalogue.datasets:
        for header in (list(dataset.columns), [name for name in dataset.columns if name in dataset.required]):
            assert catalogue.recognise(header).name == dataset.name, header


def test_unique_names_never_collide() -> None:
    names = unique_names(["a", "a", "a_2", "", "column_4", ""])
    assert len(set(names)) == 6
    assert names[0] == "a"
