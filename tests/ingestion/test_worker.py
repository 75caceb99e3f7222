"""The worker as a service: from a dropped file to its signal, through kills, beside other commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from filelock import FileLock
from kafka_connect import KafkaConnect
from prometheus_client.parser import text_string_to_metric_families

from settings import ROOT
from stack.services.ingestion_worker import define
from stack.services.service import UnhealthyError

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

CYCLES = "cycle_id,name,cadence,start_date,end_date\n"
Write = Callable[[Any, int, int], None]


def ingestion(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ingestion", *options],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def signals(line: Any, count: int, seconds: float = 30) -> list[dict[str, Any]]:
    """The first messages of okr_signals, as soon as there are so many."""
    config = {**line.config.kafka.client_config(), "group.id": "test", "enable.auto.commit": False}
    consumer = Consumer({**config, "isolation.level": "read_committed"})
    consumer.assign([TopicPartition("okr_signals", 0, 0)])
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            found.append(json.loads(message.value() or b"{}"))
    consumer.close()
    return found


def parsed(page: str) -> dict[str, float]:
    """Samples of a metrics page, by name and labels."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_a_dropped_file_is_published_and_told_of(line: Any, start_worker: Any, all_gone: Any) -> None:
    worker = start_worker()
    worker.until(lambda facts: facts["caught_up"])
    dropped = time.monotonic()
    line.write("acme/cycles.csv", CYCLES + "1,a,q,b,c\nbroken\n")
    (told,) = signals(line, 1)
    print(f"drop to signal: {time.monotonic() - dropped:.2f} s")
    assert (told["signal"], told["payload"]["path"]) == ("file_published", "acme/cycles.csv")
    assert (told["payload"]["rows_loaded"], told["payload"]["rows_rejected"]) == (1, 1)

    worker.until(lambda facts: facts["files"].get("loaded") == 1)
    samples = parsed(worker.ask("/metrics")[1])
    assert samples["kafka_connect_worker_connector_count"] == 4
    assert samples["kafka_connect_connector_task_status warehouse-sink running 0"] == 1
    assert samples["kafka_connect_source_task_source_record_write_total signals 0"] == 1
    # header, row and end; and the reject with its header
    assert samples["kafka_connect_sink_task_sink_record_send_total warehouse-sink 0"] == 5
    assert samples["okr_ingestion_files loaded"] == 1
    assert sum(value for name, value in samples.items() if name.startswith("okr_ingestion_lag_records")) == 0
    assert time.time() - samples["okr_ingestion_newest_publication_timestamp_seconds"] < 60
    assert 50e6 < samples["okr_ingestion_memory_bytes"] < 500e6

    family = worker.family()
    worker.process.terminate()
    assert worker.process.wait(15) == 0
    assert all_gone(family, 1)
    assert "Traceback" not in worker.process.communicate()[1]


def test_a_killed_task_comes_back_and_health_tells(line: Any, start_worker: Any) -> None:
    worker = start_worker()
    service = define(line.config.model_copy(update={"addresses": addresses(line, worker)}), None)[0]  # type: ignore[arg-type]
    worker.until(lambda facts: facts["caught_up"])
    assert service.health() == "4 tasks, caught up"
    worker.task("warehouse-sink").kill()
    facts = worker.until(lambda facts: facts["status"] == "unhealthy", 5)
    assert "warehouse-sink task 0 RESTARTING: process ended with code -9" in facts["message"]
    facts = worker.until(lambda facts: facts["status"] == "healthy")
    assert facts["connectors"]["warehouse-sink"]["tasks"][0]["restarts"] == 1
    again = "1 restarts (warehouse-sink task 0 1, last: process ended with code -9)"
    assert service.health().endswith(again)

    worker.task("csv-source").suspend()
    worker.until(lambda facts: "csv-source task 0 was stopped by a signal" in facts["message"], 10)
    with pytest.raises(UnhealthyError, match="csv-source task 0 was stopped by a signal"):
        service.health()
    worker.task("csv-source").resume()
    worker.until(lambda facts: facts["status"] == "healthy")
    line.write("acme/cycles.csv", CYCLES + "1,a,q,b,c\n")
    assert len(signals(line, 1)) == 1

    worker.process.kill()
    worker.process.wait()
    with pytest.raises(UnhealthyError, match="does not answer"):
        service.health()


def addresses(line: Any, worker: Any) -> Any:
    return line.config.addresses.model_copy(update={"worker_port": worker.port})


@pytest.mark.slow
def test_a_killed_worker_leaves_no_child_and_the_next_goes_on(
    line: Any, many_rows: Write, start_worker: Any, all_gone: Any
) -> None:
    many_rows(line, 4, 6000)
    for stopped in (None, "csv-source"):
        worker = start_worker()
        worker.until(
            lambda facts: facts["status"] == "healthy" and facts["lag_records"] > 0 or facts["caught_up"]
        )
        family = worker.family()
        if stopped:
            worker.task(stopped).suspend()
        worker.process.kill()
        assert all_gone(family, 5)
    worker = start_worker()
    worker.until(lambda facts: facts["caught_up"])
    assert line.query("select count(*), count(distinct (file_id, row_number)) from okr_raw.records") == [
        (24000, 24000)
    ]
    assert line.query("select count(*), sum(rows_rejected) from okr_raw.files where status = 'loaded'") == [
        (4, 24)
    ]
    assert len(signals(line, 5, 5)) == 4


def test_load_beside_a_worker_tells_the_same_facts(
    line: Any, start_worker: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So long that the worker has not taken the files by itself before the load begins.
    monkeypatch.setenv("OKR_INGESTION_FILE_MINIMUM_AGE_MS", "8000")
    worker = start_worker()
    monkeypatch.delenv("OKR_INGESTION_FILE_MINIMUM_AGE_MS")
    worker.until(lambda facts: facts["caught_up"])
    line.write("acme/cycles.csv", CYCLES + "1,a,q,b,c\nbroken\n")
    line.write("acme/notes.txt", "x")
    done = line.load()
    names = ("paths", "files", "files_ignored", "rows_read", "rows_loaded", "rows_rejected", "published")
    assert {name: done[name] for name in names} == dict(zip(names, (2, 1, 1, 2, 1, 1, 1), strict=True))
    assert done["ignored"][0]["path"] == "acme/notes.txt"
    again = line.load()
    assert (again["unchanged"], again["files"], again["published"]) == (1, 0, 0)

    outside = tmp_path / "globex"
    outside.mkdir()
    (outside / "cycles.csv").write_text(CYCLES + "7,a,q,b,c\n")
    handed = line.load(str(outside), "--as-of", "2026-01-31")
    assert (handed["paths"], handed["rows_loaded"]) == (1, 1)
    assert line.query("select path, snapshot_date::text from okr_raw.arrivals where path like 'globex%'") == [
        ("globex/cycles.csv", "2026-01-31")
    ]
    updates = ingestion("publish-updates", "--events")
    assert json.loads(updates.stdout.splitlines()[-1])["event"] == "done", updates.stderr
    assert len(signals(line, 2, 1)) == 2

    refused = ingestion("load", "--watch")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "watches already" in refused.stderr
    other = ingestion("load", OKR_PG_DATABASE="postgres")
    assert "end it first, or use another OKR_HOME" in other.stderr
    assert worker.health()["connectors"]["csv-source"]["tasks"][0]["restarts"] == 0
    assert worker.ask("/okr/scans/x")[0] == 401


def test_a_paused_connector_is_told_to_whoever_waits(line: Any, start_worker: Any) -> None:
    worker = start_worker()
    worker.until(lambda facts: facts["caught_up"])
    assert worker.ask("/connectors/csv-source/pause", "PUT", Origin="http://evil.example")[0] == 403
    client = KafkaConnect(url=f"http://127.0.0.1:{worker.port}")
    client.pause_connector("csv-source")
    worker.until(lambda facts: facts["connectors"]["csv-source"]["state"] == "PAUSED", 10)
    line.write("acme/cycles.csv", CYCLES + "1,a,q,b,c\n")
    assert "csv-source is paused" in ingestion("load", "--data", str(line.data)).stderr
    assert line.query("select count(*) from okr_raw.files") == [(0,)]
    client.resume_connector("csv-source")
    assert len(signals(line, 1)) == 1
    assert client.get_connector_status("csv-source")["connector"]["state"] == "RUNNING"


def test_a_growing_file_is_taken_when_it_keeps_still(line: Any, start_worker: Any) -> None:
    worker = start_worker()
    worker.until(lambda facts: facts["caught_up"])
    path = line.write("acme/cycles.csv", CYCLES)
    for number in range(6):
        time.sleep(0.5)
        assert line.query("select count(*) from okr_raw.files") == [(0,)]
        with path.open("a") as stream:
            stream.write(f"{number},a,q,b,c\n")
    (told,) = signals(line, 1)
    assert told["payload"]["rows_loaded"] == 6
    assert line.query("select count(*) from okr_raw.files") == [(1,)]


def test_a_worker_waits_for_the_lock_and_a_missing_folder(line: Any, start_worker: Any) -> None:
    lock = FileLock(line.config.home / "ingestion.lock")
    line.data.rmdir()
    with lock:
        worker = start_worker()
        facts = worker.until(lambda facts: facts["status"] == "starting", 20)
        worker.until(lambda facts: "waits for another command to end" in facts["message"])
        assert facts["connectors"]["csv-source"]["state"] == "UNASSIGNED"
    worker.until(lambda facts: f"no folder {line.data}" in facts["message"])
    line.write("acme/cycles.csv", CYCLES + "1,a,q,b,c\n")
    assert len(signals(line, 1)) == 1


def test_a_worker_for_whom_the_services_are_away_says_so_and_ends_when_told(
    line: Any, start_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setenv("OKR_PG_PORT", "1")
        worker = start_worker()
    facts = worker.until(lambda facts: facts["status"] == "unhealthy")
    assert facts["postgres"]["answers"] is False
    assert "Postgres at" in facts["message"]
    assert all(task["state"] != "FAILED" for item in facts["connectors"].values() for task in item["tasks"])
    worker.process.send_signal(signal.SIGINT)
    assert worker.process.wait(15) == 0


def test_a_taken_port_is_one_line(line: Any, start_worker: Any) -> None:
    first = start_worker()
    first.until(lambda facts: facts["status"] != "away")
    second = ingestion("worker", OKR_WORKER_PORT=str(first.port))
    assert second.returncode == 1
    assert f"OKR_WORKER_PORT={first.port}: Address already in use" in second.stderr
    assert second.stderr.strip().count("\n") == 0
