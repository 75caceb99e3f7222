"""A publisher of template files for tests of history: rows go into okr_raw as the sink puts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

import settings
from settings import ROOT, Role

AS_OF = date(2026, 4, 20)
SNAPSHOT_DATE = date(2026, 1, 1)


@dataclass
class Version:
    """A row as the test knows it."""

    identity: str
    key_result: str
    business_date: date
    recorded_at: datetime
    value: Decimal | None
    is_deleted: bool = False
    seq: int = 0
    row: int = 0
    known_at: datetime = datetime.max.replace(tzinfo=UTC)
    known_until: datetime = datetime.max.replace(tzinfo=UTC)

    def held(self, instant: datetime) -> bool:
        """Whether the row was known at an instant."""
        return self.known_at <= instant < self.known_until

    def edit_order(self) -> tuple[datetime, int, int]:
        """Edits of one check-in override one another by this."""
        return (self.recorded_at, self.seq, self.row)

    def ruling_order(self) -> tuple[date, datetime, int, int]:
        """Check-ins of one key result override one another by this."""
        return (self.business_date, *self.edit_order())


@dataclass
class Publisher:
    """Puts files into okr_raw as the sink does."""

    connection: psycopg.Connection
    version: type[Version] = Version
    seq: int = 0
    files: dict[str, list[Version]] = field(default_factory=dict)

    def publish(
        self, dataset: str, rows: list[dict[str, str]], known_at: datetime, kind: str = "append"
    ) -> str:
        """One file with its rows; returns its id."""
        self.seq += 1
        file_id, execute = f"file-{self.seq}", self.connection.execute
        execute(
            "insert into okr_raw.files (file_id, source_instance, path, sha256, bytes, dataset, dataset_kind,"
            " known_at_basis, header, status, rows_read, rows_loaded, publish_seq, discovered_at, known_at)"
            " values (%s, 'acme', %s, %s, 1, %s, %s, 'published', %s, 'loaded', %s, %s, %s, %s, %s)",
            [
                file_id, f"{file_id}.csv", file_id, f"template.{dataset}", kind, json.dumps(list(rows[0])),
                len(rows), len(rows), self.seq, known_at, known_at,
            ],
        )  # fmt: skip
        execute(
            "insert into okr_raw.arrivals"
            " (arrival_id, file_id, path, snapshot_date, discovered_at, last_seen_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            [
                file_id,
                file_id,
                f"{file_id}.csv",
                SNAPSHOT_DATE if kind == "snapshot" else None,
                known_at,
                known_at,
            ],
        )
        self.announce(file_id, "publish", known_at)
        for number, row in enumerate(rows, start=1):
            execute(
                "insert into okr_raw.records"
                " (file_id, row_number, line_number, cells, topic_partition, topic_offset)"
                " values (%s, %s, %s, %s, 0, %s)",
                [file_id, number, number + 1, json.dumps(row), number],
            )
        return file_id

    def announce(self, file_id: str, action: str, known_at: datetime) -> None:
        """The publication, or the retraction, of a file."""
        self.connection.execute(
            "insert into okr_raw.publications (publish_seq, file_id, arrival_id, action, known_at)"
            " values (%s, %s, %s, %s, %s)",
            [self.seq, file_id, file_id, action, known_at],
        )

    def publish_check_ins(self, versions: list[Version], known_at: datetime) -> None:
        """A file of check-ins; the versions learn when they became known."""
        cells = [
            {
                "check_in_id": version.identity,
                "key_result_id": version.key_result,
                "check_in_date": version.business_date.isoformat(),
                "value": "" if version.value is None else str(version.value),
                "is_deleted": str(version.is_deleted).lower(),
                "recorded_at": version.recorded_at.isoformat(),
            }
            for version in versions
        ]
        file_id = self.publish("check_ins", cells, known_at)
        self.files[file_id] = versions
        for number, version in enumerate(versions, start=1):
            version.seq, version.row, version.known_at = self.seq, number, known_at

    def retract(self, file_id: str, known_at: datetime) -> None:
        """Take a file back."""
        self.seq += 1
        self.announce(file_id, "retract", known_at)
        self.connection.execute("update okr_raw.files set status = 'retracted' where file_id = %s", [file_id])
        for version in self.files[file_id]:
            version.known_until = known_at


@pytest.fixture
def publisher(
    fresh_database: Callable[[], settings.Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Publisher:
    """An empty warehouse with seeds, asked for as of a fixed date."""
    config = fresh_database()
    monkeypatch.setenv("OKR_AS_OF", AS_OF.isoformat())
    monkeypatch.setenv("DBT_TARGET_PATH", os.fspath(tmp_path / "target"))
    dbt = str(Path(sys.executable).with_name("dbt"))
    done = subprocess.run(
        [dbt, "seed", "--log-level-file", "none"], cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return Publisher(psycopg.connect(config.postgres.conninfo(Role.ADMIN), autocommit=True))
