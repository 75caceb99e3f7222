"""What a file is, and what people did to it, shows in staging from then on and in no answer given before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

CYCLES = "cycle_id,name,cadence,start_date,end_date\n"
OBJECTIVES = "objective_id,cycle_id,team_id,title,lifecycle,effective_date,recorded_at\n"
# As of a publication: what staging shows of the rows it brought before, and had not taken back.
STANDING = """
    select row_number, {column} from okr_processed.{model}
    where publish_seq <= %s and (retract_seq is null or retract_seq > %s)
      and publish_seq = (
          select max(newest.publish_seq) from okr_processed.{model} newest
          where newest.file_id = {model}.file_id and newest.row_number = {model}.row_number
            and newest.publish_seq <= %s
      )
    order by row_number
"""


@pytest.fixture
def staging(line: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Builds two staging models; then asks what one of them said after each publication."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))

    def ask(model: str, column: str, newest: int) -> list[list[tuple[Any, ...]]]:
        run("dbt", "run", "--log-level-file", "none", "--select", f"+{model}")
        statement = STANDING.format(model=model, column=column)
        return [line.query(statement, seq, seq, seq) for seq in range(1, newest + 1)]

    return ask


def run(program: str, *words: str) -> None:
    command = [str(Path(sys.executable).with_name(program)), *words]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def act(*words: str) -> None:
    run("python", "-m", "ingestion", *words)


def test_retract_reclassify_and_replay_of_a_state_change_only_what_is_said_later(
    line: Any, staging: Callable[..., Any]
) -> None:
    line.write("a/cycles.csv", CYCLES.replace("end_date", "ends") + "1,Q1,quarter,a,b\nshort\n")
    line.load()
    act("files", "reclassify", "a/cycles.csv", "template.cycles", "--column", "ends=end_date")
    act("rejects", "replay", "a/cycles.csv", "2", "--text", "2,Q2,quarter,c,2025-06-30")
    act("files", "retract", "a/cycles.csv")
    act("files", "release", "a/cycles.csv")
    names = staging("stg_template__cycles", "cycle_name", 6)
    first, both = [(1, "Q1")], [(1, "Q1"), (2, "Q2")]
    # Published as unknown, taken back, published as cycles, replayed, retracted, released.
    assert names == [[], [], first, both, [], both]
    dates = "select end_date::text from okr_processed.stg_template__cycles where row_number = 2"
    assert set(line.query(dates)) == {("2025-06-30",)}
    # A state is a whole: the replay said both rows again.
    rows = "select row_number from okr_processed.stg_template__cycles where publish_seq = 4 order by 1"
    assert line.query(rows) == [(1,), (2,)]


def test_a_replayed_event_happens_once_and_from_then_on(line: Any, staging: Callable[..., Any]) -> None:
    row = "O{0},C,T,Title {0},active,2025-01-01,2025-01-01T08:00:00Z\n"
    line.write("a/objectives.csv", OBJECTIVES + row.format(1) + "short\n" + row.format(3))
    line.load()
    act("rejects", "replay", "a/objectives.csv", "2", "--text", row.format(2))
    titles = staging("stg_template__objectives", "objective_title", 2)
    assert titles == [[(1, "Title 1"), (3, "Title 3")], [(1, "Title 1"), (2, "Title 2"), (3, "Title 3")]]
    seqs = "select publish_seq, row_number from okr_processed.stg_template__objectives order by 1, 2"
    assert line.query(seqs) == [(1, 1), (1, 3), (2, 2)]


def test_a_change_set_adds_updates_and_deletes_and_lists_what_it_does_not_understand(
    line: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    header = (
        "Action,key_result_id,objective_id,title,kind,lifecycle,effective_date,recorded_at,target_value\n"
    )
    line.write(
        "a/changes.csv",
        header
        + "add,K1,O1,First,metric,active,2025-01-01,2025-01-01T08:00:00Z,10\n"
        + "Add,K2,O1,Second,metric,active,2025-01-01,2025-01-01T08:00:00Z,20\n"
        + "UPDATE,K1,O1,First mended,metric,active,2025-02-01,2025-02-01T08:00:00Z,11\n"
        + "delete,K2,,,,,2025-03-01,2025-03-01T08:00:00Z,\n"
        + "merge,K1,O1,Lost,metric,active,2025-03-01,2025-03-01T08:00:00Z,12\n",
    )
    facts = line.load()
    assert facts["datasets"] == {"template.key_result_changes": 5}
    wanted = ("--select", "+fct_key_result_states", "+rpt_unreadable_cells")
    run("dbt", "build", "--log-level-file", "none", "--exclude-resource-type", "test", "unit_test", *wanted)
    states = """
        select key_result_title, target_value::int, is_deleted, business_date::text
        from okr_processed.int_key_results_unioned order by key_result_id, business_date
    """
    assert line.query(states) == [
        ("First", 10, 0, "2025-01-01"),
        ("First mended", 11, 0, "2025-02-01"),
        ("Second", 20, 0, "2025-01-01"),
        (None, None, 1, "2025-03-01"),
    ]
    spans = """
        select target_value::int, valid_from::text, nullif(valid_to::text, '9999-12-31')
        from okr_curated.fct_key_result_states order by target_value
    """
    assert line.query(spans) == [
        (10, "2025-01-01", "2025-02-01"),
        (11, "2025-02-01", None),
        (20, "2025-01-01", "2025-03-01"),
    ]
    problems = (
        "select path, line_number, column_name, cell_text, reason from okr_curated.rpt_unreadable_cells"
    )
    assert line.query(problems) == [
        ("a/changes.csv", 6, "action", "merge", "is none of the words for add, update and delete")
    ]
