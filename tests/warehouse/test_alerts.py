"""A failing test raises one alert until it passes again; the report of forecasts tells nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from settings import ROOT

TEST = "not_null_status_vocabularies_meaning"


def dbt(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("dbt")), *arguments, "--log-level-file", "none"]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)


def alerts(connection: psycopg.Connection) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from okr_ops.alerts order by alert_id").fetchall()


@pytest.mark.postgres
@pytest.mark.slow
def test_a_failing_test_has_one_open_alert_until_it_passes(publisher: Any) -> None:
    connection = publisher.connection
    words = "okr_processed.status_vocabularies"
    connection.execute(f"create table planted as select * from {words}")
    connection.execute(f"update {words} set meaning = null where status_raw like 'o%'")
    planted = connection.execute(f"select count(*) from {words} where meaning is null").fetchone()[0]
    assert planted > 1

    for _ in range(2):
        done = dbt("test", "--select", TEST)
        assert done.returncode == 1
        assert f"FAIL {planted} {TEST}" in done.stdout
        found = alerts(connection)
        assert [one["subject"] for one in found] == [TEST], found
        [alert] = found
        assert (alert["kind"], alert["subject"], alert["settled_at"]) == ("test_failed", TEST, None)
        assert alert["owner"] == "Data engineering"
        for part in (TEST, "status_vocabularies", "Data engineering", f"{planted} rows"):
            assert part in alert["message"]
        detail = alert["detail"]
        assert (detail["model"], detail["failures"]) == ("status_vocabularies", planted)
        assert len(detail["rows"]) == min(planted, 5)
        assert all(row["meaning"] is None and row["status_raw"][0] == "o" for row in detail["rows"])
        assert TEST in detail["path"]
        assert detail["build_id"]

    connection.execute(f"truncate {words}")
    connection.execute(f"insert into {words} select * from planted")
    assert dbt("test", "--select", TEST).returncode == 0
    [alert] = alerts(connection)
    assert alert["settled_at"] is not None


@pytest.mark.postgres
@pytest.mark.slow
def test_a_model_that_cannot_be_built_is_told_and_settled(publisher: Any) -> None:
    connection, model = publisher.connection, "stg_okr_ops__quality_results"
    connection.execute("alter table okr_ops.quality_results rename to gone")
    assert dbt("run", "--select", model).returncode == 1
    [alert] = alerts(connection)
    assert (alert["kind"], alert["subject"], alert["settled_at"]) == ("model_failed", model, None)
    assert 'relation "okr_ops.quality_results" does not exist' in alert["message"]

    connection.execute("alter table okr_ops.gone rename to quality_results")
    connection.execute(
        "insert into okr_ops.alerts (kind, subject, message) values ('test_failed', 'a_test_now_gone', '-')"
    )
    assert dbt("run", "--select", model).returncode == 0
    assert [alert["subject"] for alert in alerts(connection) if alert["settled_at"] is None] == []
    told = connection.execute("select signal, payload ->> 'models' from okr_raw.outbox").fetchall()
    assert told == [("build_done", "1")]
    assert dbt("run", "--select", model).returncode == 0
    assert connection.execute("select count(*) from okr_raw.outbox").fetchone() == (1,)


@pytest.mark.postgres
@pytest.mark.kafka
@pytest.mark.slow
def test_the_report_of_forecasts_starts_no_training(
    sample_filled: Any, sample_warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OKR_PG_DATABASE", sample_filled.name)
    monkeypatch.setenv("OKR_AS_OF", "2026-05-21")  # a day of which no build has told yet
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    counts = "select (select count(*) from okr_raw.outbox), (select count(*) from okr_ops.builds)"
    before = sample_warehouse.execute(counts).fetchone()
    assert before is not None
    assert dbt("build", "--select", "tag:forecast").returncode == 0
    assert sample_warehouse.execute(counts).fetchone() == (before[0], before[1] + 1)
