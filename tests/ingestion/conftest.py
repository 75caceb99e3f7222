"""A line of its own for each test: empty topics, an empty database, a folder for files."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

import settings
from settings import ROOT, Role

CYCLES = "cycle_id,name,cadence,start_date,end_date"
CONTENT = """
    select
        (select md5(string_agg(md5(cast(r as text)), '' order by file_id, row_number))
         from (select file_id, row_number, line_number, cells from okr_raw.records) r),
        (select md5(string_agg(md5(cast(r as text)), '' order by file_id, row_number))
         from (select file_id, row_number, line_number, reason_code, reason, byte_offset, byte_length,
                      raw_bytes from okr_raw.rejects) r),
        (select md5(string_agg(md5(cast(r as text)), '' order by file_id))
         from (select file_id, source_instance, path, sha256, bytes, dataset, status, rows_read, rows_loaded,
                      rows_rejected, rows_skipped, skipped_by_kind, reason, encoding, dialect, header
               from okr_raw.files) r),
        (select md5(string_agg(md5(cast(r as text)), '' order by arrival_id))
         from (select arrival_id, file_id, path, previous_arrival_id, snapshot_date from okr_raw.arrivals) r),
        (select count(*) from okr_raw.publications), (select count(*) from okr_raw.outbox)
"""


@dataclass
class Line:
    """The line from a folder to the database."""

    data: Path
    config: settings.Settings

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ingestion", "load", "--data", str(self.data), "--events", *options]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def load(self, *options: str) -> dict[str, Any]:
        process = self.start(*options)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out[-2000:] + err[-2000:]
        done: dict[str, Any] = json.loads(out.splitlines()[-1])
        assert done["event"] == "done"
        return done

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.config.postgres.conninfo(Role.ADMIN), autocommit=True) as connection:
            return connection.execute(statement, values or None).fetchall()

    def content(self) -> tuple[Any, ...]:
        """Digests of all that must not depend on how a load went."""
        return self.query(CONTENT)[0]


@pytest.fixture
def line(
    fresh_database: Callable[[], settings.Settings],
    fresh_topics: Callable[[], settings.Settings],
    tmp_path: Path,
) -> Line:
    fresh_topics()
    data = tmp_path / "data"
    data.mkdir()
    return Line(data, fresh_database())


@pytest.fixture
def many_rows() -> Callable[[Line, int, int], None]:
    """Writes files of check-ins, a broken row in each thousand."""

    def write(line: Line, files: int, rows: int) -> None:
        header = "check_in_id,key_result_id,check_in_date,value,comment,recorded_at"
        for number in range(files):
            lines = [header]
            for row in range(rows):
                value = row * 7 % 101
                lines.append(
                    f'c{number}-{row},kr{row % 90},2025-03-01,{value},"on, track",2025-03-01T10:00:00Z'
                )
                if row % 1000 == 500:
                    lines.append("broken,row")
            line.write(f"acme/check_ins_{number}.csv", "\n".join(lines) + "\n")

    return write


@dataclass
class RunningWorker:
    """A worker of a test, with its address."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
        """Status and parsed body; text where it is no JSON."""
        call = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(call, timeout=10) as answer:
                code, body = answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            code, body = problem.code, problem.read().decode()
        try:
            return code, json.loads(body)
        except ValueError:
            return code, body

    def health(self) -> dict[str, Any]:
        try:
            facts: dict[str, Any] = self.ask("/health")[1]
        except OSError as problem:
            return {"status": "away", "message": str(problem), "caught_up": False}
        return facts

    def until(self, what: Callable[[dict[str, Any]], Any], seconds: float = 60) -> dict[str, Any]:
        """Its health as soon as something holds of it."""
        deadline = time.monotonic() + seconds
        while not what(facts := self.health()):
            assert time.monotonic() < deadline, facts
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.1)
        return facts

    def task(self, connector: str) -> psutil.Process:
        return psutil.Process(self.health()["connectors"][connector]["tasks"][0]["process_id"])

    def family(self) -> list[psutil.Process]:
        """Itself and all processes below it."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]


def gone(processes: list[psutil.Process], seconds: float) -> bool:
    """Whether processes end in time; one that waits to be reaped has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def start_worker(line: Line) -> Iterator[Callable[[], RunningWorker]]:
    """Call it for a worker of the line; whatever is left at the end is killed."""
    started: list[RunningWorker] = []

    def start() -> RunningWorker:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        process = subprocess.Popen(
            [sys.executable, "-m", "ingestion", "worker"],
            cwd=ROOT,
            env={**os.environ, "OKR_DATA": str(line.data), "OKR_WORKER_PORT": str(port)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(RunningWorker(process, port))
        return started[-1]

    yield start
    for worker in started:
        if worker.process.poll() is None:
            os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.communicate()


@pytest.fixture
def all_gone() -> Callable[[list[psutil.Process], float], bool]:
    return gone


@pytest.fixture
def tell_bad_input(tell: Callable[[str, str], None]) -> Callable[[str, str, str], None]:
    """Call it with a case, where it ended and the reason: a row of the table at the end of the run."""
    heading = "bad input: case, where it ended, reason"
    return lambda case, where, reason: tell(heading, f"{case:44} {where:20} {reason}")
