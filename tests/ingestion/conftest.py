"""A line of its own for each test: empty topics, an empty database, a folder for files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
