from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.csv_source import CSV_SOURCE
from ingestion.file_age import FileAges
from ingestion.folder_watch import FolderWatch
from ingestion.scan_agenda import Scan, ScanAgenda

NOTHING: dict[str, list[str]] = {"files": [], "ignored_paths": []}


@pytest.fixture(params=["notify", "poll"])
def agenda(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScanAgenda]:
    given = {"name": "t", "input.path": str(tmp_path), "mode": "watch", "notifications": request.param}
    made = ScanAgenda(CSV_SOURCE.parse({**given, "rescan.interval.ms": "500"}))
    yield made
    made.close()


def next_scan(agenda: ScanAgenda, seconds: float = 5) -> Scan:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if scan := agenda.next():
            return scan
    raise AssertionError("no scan came up")


def test_everything_first_then_what_changes(agenda: ScanAgenda, tmp_path: Path) -> None:
    first = next_scan(agenda)
    assert first.is_whole
    agenda.finish(first, {}, NOTHING)
    (tmp_path / "a.csv").write_text("x")
    second = next_scan(agenda)
    assert second.is_whole or [place.path for place in second.places] == [tmp_path / "a.csv"]


def test_what_was_too_young_comes_up_again(tmp_path: Path) -> None:
    agenda = ScanAgenda(CSV_SOURCE.parse({"name": "t", "input.path": str(tmp_path), "mode": "watch"}))
    first = next_scan(agenda)
    began = time.monotonic()
    path = tmp_path / "young.csv"
    path.write_text("x")
    agenda.finish(first, {path: 0.6}, NOTHING)
    changed = next_scan(agenda)
    agenda.finish(changed, {path: 0.6 - (time.monotonic() - began)}, NOTHING)
    again = next_scan(agenda)
    agenda.close()
    assert time.monotonic() - began >= 0.6
    assert [place.path for place in again.places] == [path]
    assert again.covers("young.csv")
    assert not again.covers("other.csv")


def test_a_request_is_repeated_while_files_grow(tmp_path: Path) -> None:
    agenda = ScanAgenda(CSV_SOURCE.parse({"name": "t", "input.path": str(tmp_path), "mode": "watch"}))
    agenda.add({"request": "r", "data": str(tmp_path), "paths": [], "as_of": "2026-01-01", "known_at": ""})
    scan = next_scan(agenda)
    assert (scan.request, scan.as_of, scan.known_at) == ("r", "2026-01-01", None)
    assert agenda.finish(scan, {tmp_path / "a.csv": 0.6}, NOTHING)
    scan = next_scan(agenda)
    while scan.request is None:
        agenda.finish(scan, {}, {"files": ["f"], "ignored_paths": []})
        scan = next_scan(agenda)
    assert not agenda.finish(scan, {}, NOTHING)
    assert set(scan.brought["files"]) == {"f"}
    agenda.close()


def test_a_folder_that_goes_and_comes_back_is_looked_at_anew(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    watch = FolderWatch(folder, "notify")
    assert watch.wait(0.05) == set()
    folder.mkdir()
    assert watch.wait(0.05) is None
    assert watch.wait(0.05) == set()
    (folder / "a.csv").write_text("x")
    assert folder / "a.csv" in (watch.wait(5) or set())
    folder.rename(tmp_path / "away")
    folder.mkdir()
    assert watch.wait(0.05) is None
    watch.close()


def test_a_time_ahead_counts_from_when_it_was_seen(tmp_path: Path) -> None:
    ages = FileAges(0.2)
    path = tmp_path / "a.csv"
    ahead = (1, int((time.time() + 1000) * 1e9), 0)
    assert ages.is_young(path, ahead)
    time.sleep(0.25)
    assert not ages.is_young(path, ahead)
    assert ages.is_young(path, (2, *ahead[1:]))


def test_without_a_minimum_nothing_is_young(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")
    status = path.stat()
    assert not FileAges(0).is_young(path, (status.st_size, status.st_mtime_ns, status.st_ino))
