"""What people may do to a file, beside a worker and without one: release, retract, reclassify, replay."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from settings import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

CYCLES = "cycle_id,name,cadence,start_date,end_date\n"
GOOD = "1,Q1,quarter,2025-01-01,2025-03-31\n"
SHEET = "Objective,Key Result,Progress,Owner,Quarter,Status\n"
PUBLICATIONS = "select action, dataset, publish_seq from okr_raw.publications order by publish_seq"
UNBALANCED = """
    select path from okr_raw.files f
    where rows_read <> rows_loaded + rows_rejected + rows_skipped
       or rows_loaded <> (select count(*) from okr_raw.records r where r.file_id = f.file_id)
       or rows_rejected <>
           (select count(*) from okr_raw.rejects r where r.file_id = f.file_id and resolved_at is null)
"""


def begin(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ingestion", *words]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE
    )


def call(*words: str, typed: str = "") -> tuple[int, str, str]:
    process = begin(*words)
    out, err = process.communicate(typed, timeout=120)
    return process.returncode, out, err


def done(*words: str) -> dict[str, Any]:
    code, out, err = call(*words, "--json")
    assert code == 0, out + err
    facts: dict[str, Any] = json.loads(out)
    return facts


def test_a_held_file_waits_says_for_what_and_is_published_when_released(line: Any) -> None:
    line.write("a/held.csv", CYCLES + GOOD + "x\ny\n" * 8)
    line.write("a/loaded.csv", CYCLES + GOOD)
    line.load()
    code, out, _ = call("files", "list", "--status", "held")
    assert code == 0
    assert "16 of 17 rows rejected" in out
    assert "okr files release a/held.csv" in out

    facts = done("files", "release", "a/held.csv")
    assert (facts["status"], facts["publications"]) == ("loaded", [2])
    assert facts["reason"].startswith("released: 16 of 17 rows rejected")
    assert line.query(PUBLICATIONS)[1] == ("publish", "template.cycles", 2)
    assert line.query("select payload ->> 'path' from okr_raw.outbox order by outbox_id")[1] == (
        "a/held.csv",
    )
    assert line.query(UNBALANCED) == []
    shown = json.loads(call("files", "show", "a/held.csv", "--json")[1])
    assert (shown["status"], [arrival["path"] for arrival in shown["arrivals"]]) == ("loaded", ["a/held.csv"])
    assert shown["arrivals"][0]["snapshot_date_source"]

    code, _, err = call("files", "release", "a/held.csv")
    assert (code, err) == (
        1,
        "Error: 'a/held.csv' is loaded: only a file that is held or retracted can be released\n",
    )


def test_a_retracted_file_stays_out_until_it_is_released(line: Any) -> None:
    line.write("a/cycles.csv", CYCLES + GOOD)
    line.write("a/held.csv", CYCLES + "x\n" * 20)
    line.load()
    facts = done("files", "retract", "a/cycles.csv", "--reason", "wrong tenant")
    assert (facts["status"], facts["publications"], facts["reason"]) == ("retracted", [2], "wrong tenant")
    assert done("files", "retract", "a/held.csv")["publications"] == []

    # The same bytes, touched and at another place, do not bring it back.
    line.write("a/cycles.csv", CYCLES + GOOD)
    line.write("a/again.csv", CYCLES + GOOD)
    line.load()
    assert line.query(PUBLICATIONS) == [
        ("publish", "template.cycles", 1),
        ("retract", "template.cycles", 2),
    ]
    assert line.query("select count(*) from okr_raw.records") == [(1,)]
    assert line.query("select payload ->> 'action' from okr_raw.outbox order by outbox_id") == [
        ("publish",),
        ("retract",),
    ]

    facts = done("files", "release", line.query("select file_id from okr_raw.files order by path")[0][0])
    assert (facts["status"], facts["publications"]) == ("loaded", [3, 4])
    assert line.query(UNBALANCED) == []


def test_a_path_of_several_contents_is_asked_for_by_id(line: Any) -> None:
    for name in ("A", "B"):
        line.write("a/cycles.csv", CYCLES + f"1,{name},quarter,2025-01-01,2025-03-31\n")
        line.load()
    code, _, err = call("files", "retract", "a/cycles.csv")
    assert code == 1
    assert "'a/cycles.csv' has held 2 contents: name one by its id: " in err
    newest = line.query("select file_id from okr_raw.files order by discovered_at desc")[0][0]
    assert done("files", "retract", newest[:12])["file_id"] == newest


def test_an_unknown_file_gets_a_dataset_without_reloading(line: Any) -> None:
    line.write("a/near.csv", CYCLES.replace("end_date", "ends").replace("name", "Name") + GOOD)
    line.load()
    code, out, _ = call("files", "list", "--status", "unknown")
    assert "okr files reclassify a/near.csv template.cycles" in out
    wrong = [
        (("template.cycle",), "no dataset 'template.cycle' in datasets.yml"),
        ((), "'a/near.csv' is still unknown (nearest layout template.cycles: missing end_date"),
        (("template.cycles", "--column", "finish=end_date"), "no column 'finish' in 'a/near.csv'"),
        (("template.cycles", "--column", "ends=start_date"), "would have column 'start_date' twice"),
        (("template.teams",), "a row of template.teams is known by team_id"),
    ]
    for words, message in wrong:
        code, _, err = call("files", "reclassify", "a/near.csv", *words)
        assert (code, message in err) == (1, True), err

    facts = done("files", "reclassify", "a/near.csv", "template.cycles", "--column", "ends=end_date")
    assert (facts["dataset"], facts["publications"]) == ("template.cycles", [2, 3])
    assert line.query(PUBLICATIONS) == [
        ("publish", "unknown", 1),
        ("retract", "unknown", 2),
        ("publish", "template.cycles", 3),
    ]
    pairs = line.query("select cell_names from okr_raw.publications where publish_seq = 3")[0][0]
    assert [pair for pair in pairs if pair[0] != pair[1]] == [["Name", "name"], ["ends", "end_date"]]
    assert line.query("select count(*) from okr_raw.records") == [(1,)]
    code, _, err = call("files", "reclassify", "a/near.csv", "template.cycles")
    assert (code, "nothing changes" in err) == (1, True)
    assert "a/near.csv" not in call("files", "list", "--status", "unknown")[1]


def test_a_reject_is_replayed_once_as_it_was_or_mended(line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "9," + "x" * 3000 + ",quarter,2025-01-01,2025-03-31\n"
    monkeypatch.setenv("OKR_INGESTION_RECORD_MAX_BYTES", "2048")
    line.write("a/cycles.csv", CYCLES + GOOD + '2,Q2,"quar"ter,a,b\nshort\n' + long)
    line.load()
    monkeypatch.delenv("OKR_INGESTION_RECORD_MAX_BYTES")

    code, out, err = call("rejects", "replay", "a/cycles.csv")
    assert (code, err) == (1, "")
    assert "a/cycles.csv:3 (row 2) still can't be read: text after a closing quote" in out
    assert "a/cycles.csv:4 (row 3) still can't be read: 1 cells, the header has 5" in out
    assert "1 rows replayed, 2 rejects of a/cycles.csv are open" in out

    code, out, _ = call("rejects", "replay", "a/cycles.csv", "2", "--text", "2,Q2,quarter", "--json")
    assert (code, json.loads(out)["refused"][0]["reason"]) == (1, "3 cells, the header has 5")
    code, out, _ = call("rejects", "replay", "a/cycles.csv", "2", "--text-file", "-", typed="2,Q2,q,a,b\n")
    assert (code, out) == (0, "1 rows replayed, 1 rejects of a/cycles.csv are open\n")
    settled = [call("rejects", "list", *words)[1].count("[resolved]") for words in ((), ("--open",))]
    assert (settled, call("rejects", "list", "--open")[1].count("a/cycles.csv:")) == ([2, 0], 1)
    code, _, err = call("rejects", "replay", "a/cycles.csv", "2", "--text", "2,Q2,q,a,b")
    assert (code, err) == (1, "Error: row 2 of 'a/cycles.csv' is resolved already: replayed, mended\n")
    assert call("rejects", "replay", "a/cycles.csv", "--text", "x")[0] == 2

    found = line.query(
        "select r.row_number, j.line_number, r.cells ->> 'cadence', j.reason_code, j.resolution,"
        " j.publish_seq, length(j.raw_bytes)"
        " from okr_raw.records r join okr_raw.rejects j using (file_id, row_number) order by 1"
    )
    assert found == [
        (2, 3, "q", "broken_quoting", "replayed, mended", 3, 19),
        (4, 5, "quarter", "line_too_long", "replayed as it was", 2, len(long)),
    ]
    assert [row[0] for row in line.query(PUBLICATIONS)] == ["publish", "replay", "replay"]
    assert line.query("select rows_loaded, rows_rejected from okr_raw.files") == [(3, 1)]
    assert line.query(UNBALANCED) == []


def ids(line: Any) -> list[str]:
    return [row[0] for row in line.query("select file_id from okr_raw.files order by discovered_at")]


def test_older_content_of_a_date_rules_again_only_where_that_is_asked_for(line: Any) -> None:
    line.write("a/cycles.csv", CYCLES.replace("end_date", "ends") + GOOD)
    line.load("--as-of", "2025-02-01")
    line.write("a/cycles.csv", CYCLES + GOOD + "short\n")
    line.load("--as-of", "2025-02-01")
    line.write("a/cycles.csv", CYCLES + GOOD + "2,Q2,quarter,2025-04-01,2025-06-30\n")
    line.load("--as-of", "2025-02-01")
    first, second, third = ids(line)
    done("files", "retract", second)
    refused = (
        f"Error: 'a/cycles.csv' was overtaken: newer content ({third[:12]}, 'a/cycles.csv') says how things"
        " were on 2025-02-01, and the older would rule again; leave it, or add --overtaken if it is to\n"
    )
    again = ("files", "reclassify", first, "template.cycles", "--column", "ends=end_date")
    mended = ("rejects", "replay", second, "2", "--text", "3,Q3,quarter,a,b")
    assert call("files", "release", second)[::2] == (1, refused)
    assert call(*again)[::2] == (1, refused)
    assert len(line.query(PUBLICATIONS)) == 4
    assert done("files", "release", second, "--overtaken")["publications"] == [5]
    assert call(*mended)[::2] == (1, refused)
    assert call(*mended, "--overtaken")[0] == 0
    assert done(*again, "--overtaken")["publications"] == [7, 8]
    assert line.query(UNBALANCED) == []

    # What came later is not overtaken by what came before it, nor by the state of another date.
    line.write("a/cycles.csv", CYCLES + GOOD.replace("Q1", "first"))
    line.load("--as-of", "2025-02-02")
    done("files", "retract", third)
    assert done("files", "release", third)["publications"] == [11]


def test_a_state_of_a_path_is_not_overtaken_by_one_of_another_path(line: Any) -> None:
    for name in ("one", "two"):
        line.write(f"a/{name}.csv", f"{SHEET}Grow,Sign {name} customers,10%,Ann,2025 Q1,On track\n")
        line.load("--as-of", "2025-02-01")
    assert line.query("select distinct dataset from okr_raw.files") == [("onesheet.key_results",)]
    done("files", "retract", "a/one.csv")
    assert done("files", "release", "a/one.csv")["publications"] == [4]


def test_all_of_it_works_beside_a_worker(line: Any, start_worker: Any) -> None:
    line.write("a/cycles.csv", CYCLES + GOOD + "short\n")
    line.write("a/held.csv", CYCLES + "x\n" * 11)
    worker = start_worker()
    worker.until(lambda facts: facts["caught_up"] and line.query(PUBLICATIONS))
    # Asked for by two at once, it is loaded once.
    words = ("rejects", "replay", "a/cycles.csv", "2", "--text", "2,Q2,quarter,a,b")
    for process in [begin(*words), begin(*words)]:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0 or "resolved already" in err
    assert line.query("select rows_loaded, rows_rejected from okr_raw.files order by path")[0] == (2, 0)
    code, out, _ = call("rejects", "replay", "a/held.csv", "1", "--text", "3,Q3,quarter,a,b")
    assert (code, "which is held" in out) == (0, True)
    assert done("files", "release", "a/held.csv")["status"] == "loaded"
    assert done("files", "retract", "a/cycles.csv")["status"] == "retracted"
    assert [row[0] for row in line.query(PUBLICATIONS)] == ["publish", "replay", "publish", "retract"]
    line.write("a/later.csv", CYCLES + "4,Q4,quarter,a,b\n")
    worker.until(lambda _: len(line.query(PUBLICATIONS)) == 5)
    assert line.query(UNBALANCED) == []
