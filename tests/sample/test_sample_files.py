"""What the files of a sample organisation hold: schema, clocks, mess; and that a seed settles every byte."""

from __future__ import annotations

import csv
import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml

from stack.sample import SampleOptions, write
from stack.sample.statuses import VOCABULARIES

HEADERS = {
    "cycles": "cycle_id,name,cadence,start_date,end_date,parent_cycle_id",
    "teams": "team_id,name,level,parent_team_id",
    "people": "person_id,name,email,team_id,is_active",
    "objectives": "objective_id,cycle_id,team_id,title,description,owner_email,parent_objective_id,lifecycle,"
    "effective_date,recorded_at",
    "key_results": "key_result_id,objective_id,title,kind,unit,start_value,target_value,lower_bound,"
    "upper_bound,weight,commitment,owner_email,priority,lifecycle,predecessor_id,effective_date,recorded_at",
    "check_ins": "check_in_id,key_result_id,check_in_date,value,confidence,status,status_vocabulary,comment,"
    "author_email,is_deleted,recorded_at",
    "scores": "key_result_id,score,outcome,graded_at,graded_by,method,recorded_at",
}
SMALL = SampleOptions(quarters=2, teams=9, key_results=90)


def table_of(path: Path) -> str:
    return path.stem.split("_20")[0]


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def test_same_seed_same_bytes(tmp_path):
    first = write(tmp_path / "a", date(2026, 11, 23), 5, SMALL)
    write(tmp_path / "b", date(2026, 11, 23), 5, SMALL)
    write(tmp_path / "c", date(2026, 11, 23), 6, SMALL)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")
    assert first.rows == sum(first.rows_by_table.values())


def test_headers_are_those_of_the_template(with_signal):
    files = sorted(with_signal.folder.rglob("*.csv"))
    assert {table_of(path) for path in files} == set(HEADERS)
    for path in files:
        assert path.read_text(encoding="utf-8").splitlines()[0] == HEADERS[table_of(path)], path


def test_every_row_is_as_wide_as_its_header(with_signal):
    for path in with_signal.folder.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            widths = {len(row) for row in csv.reader(file)}
        assert len(widths) == 1, path


def test_instances_declare_a_backfill(with_signal):
    folders = sorted(with_signal.folder.iterdir())
    assert len(folders) == 3
    for folder in folders:
        assert yaml.safe_load((folder / "instance.yml").read_text(encoding="utf-8")) == {
            "known_at": "recorded"
        }


def test_size_is_what_was_promised(with_signal):
    assert len(with_signal.closed_cycles) == 10
    assert len(with_signal.cycles) == 11
    assert len(with_signal.table("teams")) == 40
    assert with_signal.versions.key_result_id.nunique() >= 1200
    per_team = with_signal.objectives.groupby(["team_id", "cycle_id"]).size()
    assert per_team.max() <= 6


def test_teams_are_trees(with_signal):
    teams = with_signal.table("teams")
    for instance, nodes in teams.groupby("instance"):
        parents = dict(zip(nodes.team_id, nodes.parent_team_id, strict=True))
        assert list(parents.values()).count("") == 1
        for parent in parents.values():
            above, steps = parent, 0
            while above:
                above, steps = parents[f"{instance}/{above}"], steps + 1
                assert steps <= 3


@pytest.mark.parametrize(
    "day", [date(2026, 11, 23), date(2026, 10, 1), date(2026, 12, 31), date(2024, 2, 29)]
)
def test_nothing_is_recorded_on_the_as_of_date_or_later(tmp_path, day):
    summary = write(tmp_path, day, 3, SMALL)
    assert summary.quarters in (2, 3)
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    seen = 0
    for path in tmp_path.rglob("*_20*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                recorded = datetime.fromisoformat(row["recorded_at"])
                assert recorded.utcoffset() is not None
                assert recorded < midnight
                assert row.get("check_in_date", "") <= (day - timedelta(days=1)).isoformat()
                if table_of(path) == "scores":
                    assert datetime.fromisoformat(row["graded_at"]) <= recorded
                seen += 1
    assert seen > 500


def test_the_running_quarter_is_half_told(with_signal):
    running = with_signal.versions[with_signal.versions.cycle_id == "2026-q4"]
    check_ins = with_signal.check_ins[with_signal.check_ins.key_result_id.isin(running.key_result_id)]
    assert running.key_result_id.nunique() > 150
    assert len(check_ins) > 600
    assert not with_signal.table("scores").key_result_id.isin(running.key_result_id).any()
    assert set(running.lifecycle) <= {"draft", "active", "dropped"}


def test_references_hold(with_signal):
    key_results, objectives = set(with_signal.versions.key_result_id), with_signal.objectives
    assert set(with_signal.check_ins.key_result_id) <= key_results
    assert set(with_signal.table("scores").key_result_id) <= key_results
    assert set(with_signal.versions.objective_id) <= set(objectives.index)
    assert set(objectives.team_id) <= set(with_signal.table("teams").team_id)
    aligned = objectives[objectives.parent_objective_id != ""]
    assert 0.5 < len(aligned) / len(objectives) < 0.95
    parents = aligned.instance + "/" + aligned.parent_objective_id
    assert set(parents) <= set(objectives.index)
    people = with_signal.table("people")
    assert set(with_signal.versions.owner_email) <= set(people.email)
    assert (people.is_active == "false").any()


def test_kinds_commitments_and_numbers(with_signal):
    versions = with_signal.versions
    shares = versions.drop_duplicates("key_result_id").kind.value_counts(normalize=True)
    assert set(shares.index) == {
        "metric",
        "maintain_at_least",
        "stay_at_most",
        "range",
        "binary",
        "milestone",
    }
    assert shares.min() > 0.02
    assert set(versions.commitment) == {"committed", "aspirational", ""}
    assert set(versions.priority) == {"P0", "P1", "P2", "P3", ""}
    metric = versions[versions.kind == "metric"]
    assert (metric.target_value > metric.start_value).any()
    assert (metric.target_value < metric.start_value).mean() > 0.2
    assert (metric.target_value != metric.start_value).all()
    assert versions[versions.kind == "maintain_at_least"].lower_bound.notna().all()
    assert versions[versions.kind == "stay_at_most"].upper_bound.notna().all()
    span = versions[versions.kind == "range"]
    assert (span.upper_bound > span.lower_bound).all()
    assert not versions.title.str.contains("[{}]").any()


def test_every_vocabulary_is_spoken_with_its_own_words(with_signal):
    spoken = with_signal.check_ins[with_signal.check_ins.status != ""]
    assert set(spoken.status_vocabulary) == set(VOCABULARIES)
    for tool, (words, waiting, closing) in VOCABULARIES.items():
        used = set(spoken.status[spoken.status_vocabulary == tool])
        assert set(words) <= used <= {*words, waiting, *(closing or ())}


def test_check_ins_are_late_back_dated_and_missing(with_signal):
    check_ins = with_signal.check_ins.drop_duplicates("check_in_id")
    days = (check_ins.recorded.dt.tz_localize(None).dt.normalize() - check_ins.day).dt.days
    assert (days >= -1).all()
    assert 0.10 < ((days >= 1) & (days <= 11)).mean() < 0.40
    assert 0.005 < (days > 11).mean() < 0.04
    per_key_result = check_ins.groupby("key_result_id").size()
    assert per_key_result.max() >= 13
    assert 5 <= per_key_result.mean() <= 11


def test_check_ins_are_edited_repeated_and_deleted(with_signal):
    check_ins = with_signal.check_ins
    versions = check_ins.groupby("check_in_id")
    assert (versions.recorded.nunique() > 1).sum() > 100
    assert (versions.value.nunique() > 1).sum() > 20
    assert check_ins.duplicated(["check_in_id", "recorded_at"]).sum() > 10
    assert (check_ins.is_deleted == "true").sum() > 20
    same = ["key_result_id", "check_in_date", "value", "author_email", "comment"]
    assert check_ins.drop_duplicates("check_in_id").duplicated(same).sum() > 50
    assert check_ins.confidence.isna().any()
    assert check_ins.confidence.dropna().between(0, 10).all()


def test_targets_move_within_the_cycle(with_signal):
    active = with_signal.versions.query("lifecycle == 'active'").sort_values("recorded")
    targets = active.groupby("key_result_id").target_value.agg(["first", "last", "nunique"])
    moved = targets[targets["nunique"] > 1]
    assert 0.02 < len(moved) / len(targets) < 0.15
    owners = active.groupby("key_result_id").owner_email.nunique()
    assert (owners > 1).sum() > 5


def test_carried_over_key_results_have_a_successor_recorded_later(with_signal):
    versions = with_signal.versions
    successors = (
        versions[versions.predecessor_id != ""].sort_values("recorded").groupby("key_result_id").first()
    )
    before = successors.instance + "/" + successors.predecessor_id
    carried = versions[versions.lifecycle == "carried_forward"].groupby("key_result_id").recorded.min()
    assert len(successors) > 50
    assert set(before) <= set(carried.index)
    assert (successors.recorded > pd.Series(carried.reindex(before).to_numpy(), successors.index)).all()


def test_comments_do_not_tell_the_end_before_it_came(with_signal):
    ends = with_signal.check_ins.key_result_id.map(
        with_signal.key_results.cycle_id.map(with_signal.cycles.end)
    )
    early = with_signal.check_ins[with_signal.check_ins.recorded.dt.tz_localize(None) <= ends]
    telling = early.comment.str.contains(
        r"\b(?:done|carried|dropped|achieved|missed|final number)\b", case=False
    )
    assert len(early) > 10_000
    assert not telling.any()


def test_no_check_in_follows_a_dropped_key_result(with_signal):
    dropped = with_signal.versions[with_signal.versions.lifecycle == "dropped"]
    ends = dropped.groupby("key_result_id").effective.min()
    days = with_signal.check_ins[with_signal.check_ins.key_result_id.isin(ends.index)]
    assert (days.day < days.key_result_id.map(ends)).all()
