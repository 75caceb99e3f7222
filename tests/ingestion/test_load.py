from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer

from settings import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

CYCLES = "cycle_id,name,cadence,start_date,end_date\n"


def ingestion(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingestion", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_public_files_are_all_in_the_ledger(line: Any, shared_data: Path) -> None:
    line.data = shared_data / "data" / "okr"
    done = line.load()
    paths = {path.relative_to(line.data).as_posix() for path in line.data.rglob("*") if path.is_file()}
    listed = {
        row[0]
        for row in line.query(
            "select path from okr_raw.arrivals union select path from okr_raw.ignored_files"
        )
    }
    assert listed == paths
    assert (done["files"], done["files_unknown"], done["rows_loaded"]) == (17, 0, 3681)
    assert line.query("select count(*) from okr_raw.records")[0][0] == 3681


def test_counts_add_up_for_every_file(line: Any) -> None:
    line.write("a/blank.csv", CYCLES + "\n1,a,q,b,c\n# note\nbroken\n,,,,\nTotal,,,,\n2,a,q,b,c\n")
    line.write("a/header.csv", CYCLES)
    line.write("a/held.csv", CYCLES + "x\ny\n")
    line.write("a/lines.csv", "\n\n\n")
    line.load()
    rows = line.query(
        "select path, status, rows_read, rows_loaded, rows_rejected, rows_skipped"
        " from okr_raw.files order by path"
    )
    assert rows == [
        ("a/blank.csv", "loaded", 7, 2, 1, 4),
        ("a/header.csv", "loaded", 0, 0, 0, 0),
        ("a/held.csv", "held", 2, 0, 2, 0),
        ("a/lines.csv", "failed", 0, 0, 0, 0),
    ]
    wrong = """
        select path from okr_raw.files f
        where rows_loaded <> (select count(*) from okr_raw.records r where r.file_id = f.file_id)
           or rows_rejected <> (select count(*) from okr_raw.rejects r where r.file_id = f.file_id)
    """
    assert line.query(wrong) == []
    assert line.query("select skipped_by_kind from okr_raw.files where path = 'a/blank.csv'") == [
        ({"blank": 2, "comment": 1, "total": 1},)
    ]


def test_a_held_file_is_not_published(line: Any) -> None:
    line.write("a/held.csv", CYCLES + "x\ny\n")
    done = line.load()
    assert done["files_held"] == 1
    assert "2 of 2 rows rejected" in done["notes"][0]["reason"]
    assert line.query("select count(*) from okr_raw.publications") == [(0,)]
    assert line.query("select publish_seq, known_at from okr_raw.files") == [(None, None)]


def test_rejects_keep_where_and_what(line: Any) -> None:
    line.write(
        "a/cycles.csv", CYCLES + "1,a,q,b,c\nbr\xf6ken\n".encode("latin-1").decode("latin-1") + "3,a,q,b,c\n"
    )
    line.load()
    found = line.query(
        "select row_number, line_number, reason_code, byte_offset, byte_length, raw_bytes"
        " from okr_raw.rejects"
    )
    raw = "br\xf6ken\n".encode()
    assert [tuple(row[:5]) for row in found] == [(2, 3, "too_few_cells", len(CYCLES) + 10, len(raw))]
    assert bytes(found[0][5]) == raw
    shown = json.loads(ingestion("rejects", "show", "a/cycles.csv", "2", "--json").stdout)
    assert (shown["reason_code"], shown["raw_bytes"]) == ("too_few_cells", "bröken\n")


def test_a_b_a_ends_on_a(line: Any) -> None:
    for text in ("A", "B", "A"):
        line.write("a/cycles.csv", f"{CYCLES}1,{text},q,b,c\n")
        line.load()
    published = """
        select f.rows_loaded, r.cells ->> 'name', p.publish_seq from okr_raw.publications p
        inner join okr_raw.files f on f.file_id = p.file_id
        inner join okr_raw.records r on r.file_id = f.file_id
        order by p.publish_seq
    """
    assert line.query(published) == [(1, "A", 1), (1, "B", 2), (1, "A", 3)]
    assert line.query("select count(*) from okr_raw.files") == [(2,)]
    assert line.query("select publish_seq from okr_raw.files order by publish_seq") == [(2,), (3,)]


def test_an_ignored_path_that_becomes_a_file_is_ignored_no_longer(line: Any) -> None:
    line.write("a/cycles.csv", "")
    line.load()
    assert line.query("select path, reason from okr_raw.ignored_files") == [
        ("a/cycles.csv", "empty: there is not even a header")
    ]
    line.write("a/cycles.csv", CYCLES + "1,a,q,b,c\n")
    line.load()
    assert line.query("select path from okr_raw.ignored_files") == []


def test_an_unknown_layout_is_loaded_with_its_nearest(line: Any) -> None:
    line.write("a/near.csv", "cycle_id,name,cadence,start_date,ends\n1,a,b,c,d\n")
    line.load()
    columns = "dataset, nearest_dataset, missing_columns, status, rows_loaded"
    assert line.query(f"select {columns} from okr_raw.files") == [
        ("unknown", "template.cycles", "missing end_date; not in the layout: ends", "loaded", 1)
    ]


def test_signals_are_sent_once_and_an_absent_table_is_said(line: Any) -> None:
    line.write("a/cycles.csv", CYCLES + "1,a,q,b,c\n")
    line.load()
    first, second = ingestion("publish-updates", "--events"), ingestion("publish-updates", "--events")
    assert "okr_processed.int_key_result_changes does not exist yet" in first.stdout
    assert json.loads(first.stdout.splitlines()[-1])["signals"] == 1
    assert json.loads(second.stdout.splitlines()[-1])["signals"] == 0
    (signal,) = read_all(line, "okr_signals")
    assert (signal["signal"], signal["payload"]["path"], signal["payload"]["publish_seq"]) == (
        "file_published",
        "a/cycles.csv",
        1,
    )


def test_a_dry_run_touches_nothing(line: Any) -> None:
    line.write("a/cycles.csv", CYCLES + "1,a,q,b,c\nbroken\n")
    process = line.start("--dry-run")
    out, _ = process.communicate(timeout=60)
    told = json.loads(out.splitlines()[0])
    assert tuple(told[name] for name in ("encoding", "dataset", "rows_loaded", "rows_rejected")) == (
        "utf-8",
        "template.cycles",
        1,
        1,
    )
    assert (told["dialect"]["delimiter"], told["dialect"]["quote"]) == (",", '"')
    assert told["first_rows"][0]["name"] == "a"
    assert told["first_rejects"][0]["reason_code"] == "too_few_cells"
    assert line.query("select count(*) from okr_raw.files") == [(0,)]


def test_watching_takes_what_comes(line: Any) -> None:
    process = line.start("--watch")
    assert process.stdout is not None
    process.stdout.readline()
    line.write("a/cycles.csv", CYCLES + "1,a,q,b,c\n")
    for told in process.stdout:
        if json.loads(told).get("done"):
            break
    assert line.query("select count(*) from okr_raw.records") == [(1,)]
    process.terminate()
    process.communicate(timeout=60)


def read_all(line: Any, topic: str) -> list[dict[str, Any]]:
    """All committed messages of a topic with one partition."""
    config = {**line.config.kafka.client_config(), "group.id": "test", "auto.offset.reset": "earliest"}
    consumer = Consumer({**config, "isolation.level": "read_committed", "enable.auto.commit": False})
    consumer.subscribe([topic])
    found = []
    while message := consumer.poll(10 if not found else 1):
        if message.error() is None:
            found.append(json.loads(message.value() or b"{}"))
    consumer.close()
    return found
