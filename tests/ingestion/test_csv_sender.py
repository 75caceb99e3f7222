"""What CsvSource sends, without a broker: batches go into a list, offsets into a dictionary."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingestion.csv_sender import CsvSender
from ingestion.csv_source import CSV_SOURCE, CsvSourceTask
from ingestion.csv_state import CsvState
from ingestion.datasets import load_catalogue
from ingestion.discovery import discover, places
from ingestion.task import Batch

HEADER = "cycle_id,name,cadence,start_date,end_date\n"


class Source:
    """Runs a CsvSourceTask against a list instead of a broker."""

    def __init__(self, data: Path, **config: str) -> None:
        self.data = data
        self.config = {
            **CSV_SOURCE.parse({"name": "t", "input.path": str(data), **config}),
            "task.id": 0,
            "task.count": 1,
        }
        self.offsets: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
        self.sent: list[dict[str, Any]] = []

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def run(self, batches: int | None = None) -> list[dict[str, Any]]:
        """One scan in a new process, as it were; killed after a number of batches."""
        task = CsvSourceTask(self.config, lambda report: None)
        task.start(dict(self.offsets))
        before = len(self.sent)
        while not task.is_finished and batches != 0:
            if batch := task.poll():
                self.commit(batch)
                batches = None if batches is None else batches - 1
        return self.sent[before:]

    def commit(self, batch: Batch) -> None:
        for topic, messages in batch.messages.items():
            for message in messages:
                self.sent.append(
                    {**orjson.loads(message["value"]), "topic": topic, "key": message["key"].decode()}
                )
        for partition, offset in batch.offsets.items():
            if offset is not None:
                self.offsets[partition] = orjson.loads(orjson.dumps(offset))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "data")


def kinds(sent: list[dict[str, Any]]) -> list[str]:
    return [message["kind"] for message in sent]


def test_a_file_is_header_rows_end(source: Source) -> None:
    source.write("acme/cycles.csv", HEADER + "1,Q1,quarter,2025-01-01,2025-03-31\n")
    header, row, end = source.run()
    assert (header["kind"], header["dataset"], header["instance"]) == ("header", "template.cycles", "acme")
    assert header["arrival"]["path"] == "acme/cycles.csv"
    assert row["cells"] == {
        "cycle_id": "1",
        "name": "Q1",
        "cadence": "quarter",
        "start_date": "2025-01-01",
        "end_date": "2025-03-31",
    }
    assert end["counts"] == {"read": 1, "loaded": 1, "rejected": 0, "skipped": {}}
    assert {message["key"] for message in (header, row, end)} == {header["file_id"]}


def test_a_second_run_sends_nothing(source: Source) -> None:
    source.write("acme/cycles.csv", HEADER + "1,Q1,quarter,a,b\n")
    source.write("acme/notes.txt", "x")
    source.run()
    offsets = dict(source.offsets)
    assert source.run() == []
    assert source.offsets == offsets


def test_touched_bytes_are_seen(source: Source) -> None:
    path = source.write("acme/cycles.csv", HEADER + "1,Q1,quarter,a,b\n")
    first = source.run()
    os.utime(path, ns=(1, 10**18))
    (seen,) = source.run()
    assert (seen["kind"], seen["arrival_id"]) == ("seen", first[0]["arrival"]["arrival_id"])
    assert source.run() == []


def test_a_b_a_ends_on_a(source: Source) -> None:
    a, b = HEADER + "1,A,q,a,b\n", HEADER + "1,B,q,a,b,\n" + "2,B,q,a,b\n"
    arrivals = []
    for text in (a, b, a):
        source.write("acme/cycles.csv", text)
        sent = source.run()
        arrivals.append(sent[0])
    assert [message["kind"] for message in arrivals] == ["header", "header", "arrival"]
    assert arrivals[0]["file_id"] == arrivals[2]["file_id"] != arrivals[1]["file_id"]
    ids = [message["arrival"]["arrival_id"] for message in arrivals]
    assert len(set(ids)) == 3
    assert [message["arrival"]["previous_arrival_id"] for message in arrivals] == [None, ids[0], ids[1]]


def test_the_same_content_at_two_paths_is_sent_once(source: Source) -> None:
    source.write("acme/a.csv", HEADER + "1,A,q,a,b\n")
    source.write("acme/b.csv", HEADER + "1,A,q,a,b\n")
    source.write("other/a.csv", HEADER + "1,A,q,a,b\n")
    sent = source.run()
    assert kinds(sent) == ["header", "row", "end", "arrival", "header", "row", "end"]
    assert sent[0]["file_id"] != sent[4]["file_id"]


def test_a_half_sent_file_goes_on_at_its_row(tmp_path: Path) -> None:
    source = Source(tmp_path, **{"transaction.max.records": "10"})
    source.write("acme/cycles.csv", HEADER + "".join(f"{n},Q,q,a,b\n" for n in range(1, 36)))
    source.run(batches=2)
    source.run()
    rows = [message["row_number"] for message in source.sent if message["kind"] == "row"]
    assert rows == list(range(1, 36))
    assert source.sent[-1]["counts"]["loaded"] == 35
    assert len({m["arrival"]["arrival_id"] for m in source.sent if m["kind"] == "header"}) == 1


def test_a_half_sent_file_that_vanished_has_failed(tmp_path: Path) -> None:
    source = Source(tmp_path, **{"transaction.max.records": "10"})
    path = source.write("acme/cycles.csv", HEADER + "".join(f"{n},Q,q,a,b\n" for n in range(1, 36)))
    source.run(batches=2)
    path.unlink()
    (failed,) = source.run()
    assert (failed["kind"], failed["reason"]) == ("failed", "vanished before it was read to its end")
    assert failed["counts"]["loaded"] == max(m["row_number"] for m in source.sent if m["kind"] == "row")


def test_a_file_that_changes_while_it_is_read_has_failed(tmp_path: Path) -> None:
    source = Source(tmp_path / "data", **{"transaction.max.records": "10"})
    path = source.write("acme/cycles.csv", HEADER + "".join(f"{n},Q,q,a,b\n" for n in range(1, 36)))
    sender = CsvSender(source.config, CsvState({}), load_catalogue(), lambda: None)
    sender.begin(datetime.now(UTC))
    (found,) = discover(places(source.data, []), None)
    work = sender.take(found)
    source.commit(next(work))
    with path.open("a") as stream:
        stream.write("36,Q,q,a,b\n")
    for batch in [*work, *sender.rest()]:
        source.commit(batch)
    rows = [message["row_number"] for message in source.sent if message["kind"] == "row"]
    last = source.sent[-1]
    assert (last["kind"], last["reason"]) == ("failed", "changed while it was read")
    assert rows == list(range(1, last["counts"]["loaded"] + 1))
    assert len(rows) < 35
    again = source.run()
    assert kinds(again)[0] == "header"
    assert again[-1]["counts"]["loaded"] == 36


def test_rejects_go_to_their_topic_with_what_was_there(source: Source) -> None:
    source.write("acme/cycles.csv", HEADER + "1,A,q,a,b\nbroken\n2,A,q,a,b\n")
    sent = source.run()
    header, reject = [message for message in sent if message["topic"] == "okr_raw_rejects"]
    assert header["kind"] == "reject_header"
    assert (reject["row_number"], reject["line_number"], reject["reason_code"]) == (2, 3, "too_few_cells")
    assert base64.b64decode(reject["raw"]) == b"broken\n"
    assert source.sent[-1]["key"] == reject["key"]


@pytest.mark.parametrize(
    ("config", "rejected", "outcome"),
    [
        ({}, 3, "end"),
        ({"error.budget.count": "2"}, 3, "held"),
        ({"error.budget.share": "0.2", "error.budget.free": "2"}, 3, "held"),
        ({"error.budget.share": "0.3", "error.budget.free": "2"}, 3, "end"),
        ({"error.budget.free": "2"}, 3, "held"),
        ({}, 10, "held"),
    ],
)
def test_the_error_budget(tmp_path: Path, config: dict[str, str], rejected: int, outcome: str) -> None:
    source = Source(tmp_path, **config)
    good = "".join(f"{n},A,q,a,b\n" for n in range(10 - rejected))
    source.write("acme/cycles.csv", HEADER + good + "broken\n" * rejected)
    end = [message for message in source.run() if message["topic"] == "okr_raw_ingest"][-1]
    assert end["kind"] == outcome
    assert bool(end["reason"]) == (outcome == "held")


def test_what_is_not_loaded_is_listed_with_a_reason(source: Source) -> None:
    source.write("acme/notes.md", "x")
    source.write("acme/empty.csv", "")
    source.write("acme/book.csv", b"PK\x03\x04")
    source.write("acme/folder.csv/inner.csv", HEADER)
    source.write("acme/instance.yml", "known_at: recorded\n")
    sent = source.run()
    reasons = {message["path"]: message["reason"] for message in sent if message["kind"] == "ignored"}
    assert set(reasons) == {"acme/notes.md", "acme/empty.csv", "acme/book.csv", "acme/folder.csv"}
    assert reasons["acme/notes.md"].startswith("its name does not end in .csv")
    (header,) = [message for message in sent if message["kind"] == "header"]
    assert (header["arrival"]["path"], header["known_at_basis"]) == ("acme/folder.csv/inner.csv", "recorded")
    (end,) = [message for message in sent if message["kind"] == "end"]
    assert end["reason"] == "header only: no rows"


@pytest.mark.parametrize(
    ("name", "as_of", "expected"),
    [
        ("cycles_2025-02-28.csv", "", ("2025-02-28", "file name")),
        ("cycles_20250228.csv", "2025-03-01", ("2025-03-01", "option")),
        ("cycles.csv", "", ("2001-09-09", "file time")),
    ],
)
def test_a_snapshot_has_a_date_and_says_from_where(
    tmp_path: Path, name: str, as_of: str, expected: tuple[str, str]
) -> None:
    source = Source(tmp_path, **{"as.of": as_of})
    path = source.write(f"acme/{name}", HEADER)
    os.utime(path, ns=(10**18, 10**18))
    arrival = source.run()[0]["arrival"]
    assert (arrival["snapshot_date"], arrival["snapshot_date_source"]) == expected


def test_a_declared_column_gives_the_date_of_a_snapshot(tmp_path: Path) -> None:
    page = tmp_path / "datasets.yml"
    entry = {"kind": "snapshot", "required": "id, day", "snapshot_date": "day"}
    page.write_text(json.dumps({"datasets": {"a.x": entry}}))
    source = Source(tmp_path / "data", **{"as.of": "2025-12-31"})
    source.write("acme/2025-11-30.csv", "id,Day\n1,2025-02-28T10:00\n")
    source.write("acme/wrong.csv", "id,Day\n1,yesterday\n")
    sender = CsvSender(source.config, CsvState({}), load_catalogue(page), lambda: None)
    sender.begin(datetime.now(UTC))
    for found in discover(places(source.data, []), None):
        list(sender.take(found))
    source.commit(next(sender.rest()))
    dates = [
        (message["arrival"]["snapshot_date"], message["arrival"]["snapshot_date_source"])
        for message in source.sent
        if message["kind"] == "header"
    ]
    assert dates == [("2025-02-28", "column"), ("2025-12-31", "option")]


def test_a_path_outside_the_data_root_is_an_instance_of_its_own(tmp_path: Path) -> None:
    source = Source(tmp_path / "data", **{"input.paths": f"{tmp_path}/globex"})
    source.write("acme/cycles.csv", HEADER)
    source.write("../globex/sub/cycles.csv", HEADER)
    header = source.run()[0]
    assert (header["instance"], header["arrival"]["path"]) == ("globex", "globex/sub/cycles.csv")
    assert sum(message["kind"] == "header" for message in source.sent) == 1


def test_a_file_in_the_root_is_of_the_default_instance(source: Source) -> None:
    source.write("cycles.csv", HEADER)
    assert source.run()[0]["instance"] == "default"
