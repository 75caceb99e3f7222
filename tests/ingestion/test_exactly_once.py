from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

ROUNDS = 3
Write = Callable[[Any, int, int], None]


def kill_after(process: subprocess.Popen[str], lines: int, target: str) -> None:
    """Kill a load, or one of its tasks, once it has told so many lines."""
    assert process.stdout is not None
    for _, _ in zip(range(lines), process.stdout, strict=False):
        pass
    # Tasks are forked from a process of the worker's, not by the worker itself.
    helpers = psutil.Process(process.pid).children()
    tasks = [child for child in psutil.Process(process.pid).children(recursive=True) if child not in helpers]
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        if target == "everything":
            os.killpg(process.pid, signal.SIGKILL)
        elif target == "worker":
            process.kill()
        elif tasks:
            random.choice(tasks).kill()
    process.communicate(timeout=300)


@pytest.mark.slow
def test_killed_loads_leave_what_an_undisturbed_one_does(
    line: Any, many_rows: Write, fresh_database: Callable[[], Any], fresh_topics: Callable[[], Any]
) -> None:
    many_rows(line, 4, 6000)
    undisturbed = line.load()
    assert undisturbed["rows_read"] == undisturbed["rows_loaded"] + undisturbed["rows_rejected"] == 4 * 6006
    expected = line.content()
    dice = random.Random(7)
    for number in range(ROUNDS):
        fresh_topics()
        fresh_database()
        target = ["everything", "worker", "task"][number % 3]
        for _ in range(2):
            kill_after(line.start("--events"), dice.randint(1, 12), target)
        line.load()
        assert line.content() == expected, f"round {number}: {target}"


def test_a_second_run_changes_nothing(line: Any, many_rows: Write) -> None:
    many_rows(line, 2, 500)
    line.write("acme/notes.txt", "x")
    line.load()
    tables = [row[0] for row in line.query("select tablename from pg_tables where schemaname = 'okr_raw'")]
    assert {"files", "records", "positions", "outbox"} <= set(tables)
    digest = "md5(string_agg(md5(cast(t as text)), '' order by cast(t as text)))"
    everything = " union all ".join(
        f"select '{table}', {digest} from okr_raw.{table} t" for table in sorted(tables)
    )
    before = line.query(everything)
    done = line.load()
    assert (done["files"], done["unchanged"], done["published"]) == (0, 2, 0)
    assert line.query(everything) == before


def test_one_file_added_takes_only_that_file(line: Any, many_rows: Write) -> None:
    many_rows(line, 2, 500)
    line.load()
    line.write("acme/cycles.csv", "cycle_id,name,cadence,start_date,end_date\n1,a,q,b,c\n")
    done = line.load()
    assert (done["files"], done["rows_loaded"]) == (1, 1)


def test_a_second_worker_takes_over_and_the_first_gives_way(line: Any, many_rows: Write) -> None:
    many_rows(line, 4, 6000)
    first = line.start("--events")
    assert first.stdout is not None
    first.stdout.readline()
    tasks = [first.pid, *(child.pid for child in psutil.Process(first.pid).children(recursive=True))]
    for task in tasks:
        os.kill(task, signal.SIGSTOP)
    line.load()
    expected = line.content()
    for task in tasks:
        os.kill(task, signal.SIGCONT)
    first.communicate(timeout=120)
    assert line.content() == expected
    assert line.query("select count(*) from okr_raw.records")[0][0] == 4 * 6000


def test_another_topic_of_the_same_name_stops_the_load(
    line: Any, many_rows: Write, fresh_topics: Any
) -> None:
    many_rows(line, 1, 100)
    line.load()
    fresh_topics()
    line.write("acme/cycles.csv", "cycle_id,name,cadence,start_date,end_date\n1,a,q,b,c\n")
    process = line.start()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "topic 'okr_raw_ingest' is not the one the warehouse was loaded from" in err.replace(
        "rejects", "ingest"
    )
    assert "Traceback" not in out + err


def test_another_cluster_stops_the_load(line: Any, many_rows: Write) -> None:
    many_rows(line, 1, 100)
    line.load()
    line.query("update okr_raw.positions set cluster_id = 'another' returning 1")
    line.write("acme/cycles.csv", "cycle_id,name,cadence,start_date,end_date\n1,a,q,b,c\n")
    process = line.start()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "the Kafka cluster is not the one the warehouse was loaded from (loaded from another/" in err
    assert "Traceback" not in out + err
    assert line.query("select count(*) from okr_raw.records") == [(100,)]


def test_a_database_that_is_not_there_is_one_line(line: Any) -> None:
    environment = {**os.environ, "OKR_PG_PORT": "1"}
    command = ["-m", "ingestion", "load", "--data", str(line.data)]
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "can't be reached" in done.stderr
    assert json.dumps(done.stdout).count("Traceback") == 0
