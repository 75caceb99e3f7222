"""A publisher of template files for tests of history: rows go into okr_raw as the sink puts them."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import settings
from settings import ROOT, Role
from stack.sample import SampleOptions, write

AS_OF = date(2026, 4, 20)
SNAPSHOT_DATE = date(2026, 1, 1)
SampleFile = tuple[str, str, list[dict[str, str]]]
DatedFile = tuple[str, str, list[dict[str, str]], date]


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


@dataclass(frozen=True)
class Source:
    """A source instance, and since when its rows count as known: published, or recorded for a backfill."""

    instance: str
    known_at_basis: str = "published"


ACME = Source("acme")


@dataclass
class Publisher:
    """Puts files into okr_raw as the sink does."""

    connection: psycopg.Connection
    version: type[Version] = Version
    source: type[Source] = Source
    seq: int = 0
    files: dict[str, list[Version]] = field(default_factory=dict)
    arrivals: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def publish(
        self,
        dataset: str,
        rows: list[dict[str, str]],
        known_at: datetime,
        kind: str = "append",
        *,
        source: Source = ACME,
        snapshot_date: date = SNAPSHOT_DATE,
        path: str = "",
    ) -> str:
        """One file with its rows, of the template where the dataset names no tool; returns its id."""
        file_id = f"file-{self.seq + 1}"
        self.paths[file_id] = path or f"{file_id}.csv"
        dataset = dataset if "." in dataset else f"template.{dataset}"
        self.connection.execute(
            "insert into okr_raw.files (file_id, source_instance, path, sha256, bytes, dataset, dataset_kind,"
            " known_at_basis, header, status, rows_read, rows_loaded, discovered_at, known_at)"
            " values (%s, %s, %s, %s, 1, %s, %s, %s, %s, 'loaded', %s, %s, %s, %s)",
            [
                file_id, source.instance, self.paths[file_id], file_id, dataset, kind,
                source.known_at_basis, json.dumps(list(rows[0])), len(rows), len(rows), known_at, known_at,
            ],
        )  # fmt: skip
        self.arrive(file_id, known_at, snapshot_date if kind == "snapshot" else None)
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "insert into okr_raw.records"
                " (file_id, row_number, line_number, cells, topic_partition, topic_offset)"
                " values (%s, %s, %s, %s, 0, %s)",
                [
                    [file_id, number, number + 1, json.dumps(row), number]
                    for number, row in enumerate(rows, start=1)
                ],
            )
        return file_id

    def arrive(self, file_id: str, known_at: datetime, snapshot_date: date | None = None) -> None:
        """A file that is known comes, or comes again, and is published."""
        self.seq += 1
        arrival_id = f"arrival-{self.seq}"
        self.connection.execute(
            "insert into okr_raw.arrivals"
            " (arrival_id, file_id, path, snapshot_date, discovered_at, last_seen_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            [arrival_id, file_id, self.paths[file_id], snapshot_date, known_at, known_at],
        )
        self.announce(file_id, "publish", known_at, arrival_id)

    def announce(self, file_id: str, action: str, known_at: datetime, arrival_id: str) -> None:
        """The publication, or the retraction, of a file."""
        self.connection.execute(
            "insert into okr_raw.publications (publish_seq, file_id, arrival_id, action, known_at)"
            " values (%s, %s, %s, %s, %s)",
            [self.seq, file_id, arrival_id, action, known_at],
        )
        self.arrivals[file_id] = arrival_id
        status = "retracted" if action == "retract" else "loaded"
        self.connection.execute(
            "update okr_raw.files set status = %s, publish_seq = %s where file_id = %s",
            [status, self.seq, file_id],
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
        self.announce(file_id, "retract", known_at, self.arrivals[file_id])
        for version in self.files.get(file_id, []):
            version.known_until = known_at


@pytest.fixture(scope="session")
def sample_files() -> Callable[[Path], Iterator[SampleFile]]:
    """Call it for the files of a sample organisation in a folder: instance, dataset and rows."""

    def read(folder: Path) -> Iterator[SampleFile]:
        for path in sorted(folder.rglob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            yield path.parent.name, path.stem.rpartition("_20")[0] or path.stem, rows

    return read


def exports_of_other_tools(chance: random.Random) -> Iterator[DatedFile]:
    """A year of whole states as two other tools export them."""
    for month in range(10):
        dated = AS_OF - timedelta(days=36 * month)
        sheet = [
            {
                "Objective": f"Objective {number // 3}", "Key Result": f"Key result {number}",
                "Progress": chance.choice(["20%", "20%", "60%", ""]), "Owner": "Kim",
                "Quarter": chance.choice([f"Q{1 + number % 4} 2025"] * 9 + ["2025"]),
                "Status": chance.choice(["On Track", "At Risk"]),
            }
            for number in range(9)
            if chance.random() < 0.8
        ]  # fmt: skip
        yield "sheets", "onesheet.key_results", sheet, dated
        features = [
            {
                "Feature_ID": f"F{number}", "OKR_ID": f"O{number // 3}", "Title": f"Feature {number}",
                "PM_Owner": "Kim", "Progress_Percent": chance.choice(["20", "60"]), "Blockers": "None",
                "Updated": (dated - timedelta(days=chance.choice([3, 60]))).isoformat(),
                "Confidence_Level": chance.choice(["High", "Low"]),
            }
            for number in range(9)
            if chance.random() < 0.8
        ]  # fmt: skip
        yield "metricor", "metricor.features", features, dated
        notes = [
            {
                "Date": (date(2025, 1, 1) + timedelta(days=chance.randrange(365))).isoformat(), "Unit": "",
                "Objective": f"Objective {number // 3}", "Key Result": f"Key result {number}", "By": "Kim",
                "Value": str(chance.randrange(50)), "Confidence": "0.5", "Note": "",
            }
            for number in range(9)
        ]  # fmt: skip
        yield "sheets", "onesheet.check_ins", notes, dated


@pytest.fixture
def files_of_a_year(
    sample_files: Callable[[Path], Iterator[SampleFile]], tmp_path: Path
) -> Callable[[int], tuple[str, list[DatedFile]]]:
    """Call it with a seed for the name of the backfill, and the files of the sample and of other tools."""

    def draw(seed: int) -> tuple[str, list[DatedFile]]:
        options = SampleOptions(quarters=4, teams=8, key_results=150)
        summary = write(tmp_path / "sample", AS_OF, seed, options)
        long_ago = AS_OF - timedelta(days=500)
        files = [(*file, long_ago) for file in sample_files(tmp_path / "sample")]
        return summary.instances[-1], files + list(exports_of_other_tools(random.Random(seed)))

    return draw


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Call it to run dbt as in a shell: `run` with the given options, or another of its commands."""
    target = tmp_path_factory.mktemp("dbt")

    def run(*options: str, command: str = "run") -> None:
        dbt = str(Path(sys.executable).with_name("dbt"))
        done = subprocess.run(
            [dbt, command, "--log-level-file", "none", *options],
            cwd=ROOT, env=os.environ | {"DBT_TARGET_PATH": os.fspath(target)}, text=True, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]

    return run


@pytest.fixture(scope="session")
def make_publisher(
    fresh_database: Callable[[], settings.Settings], build: Callable[..., None]
) -> Callable[[], Publisher]:
    """Call it for an empty warehouse with seeds."""

    def make() -> Publisher:
        config = fresh_database()
        build(command="seed")
        return Publisher(psycopg.connect(config.postgres.conninfo(Role.ADMIN), autocommit=True))

    return make


@pytest.fixture
def publisher(
    make_publisher: Callable[[], Publisher], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Publisher:
    """An empty warehouse with seeds, asked for as of a fixed date."""
    monkeypatch.setenv("OKR_AS_OF", AS_OF.isoformat())
    monkeypatch.setenv("DBT_TARGET_PATH", os.fspath(tmp_path / "target"))
    return make_publisher()


@pytest.fixture
def digests(publisher: Publisher) -> Callable[[], dict[str, str]]:
    """Call it for the digest of every table that dbt makes, over all rows and columns."""

    def digest() -> dict[str, str]:
        tables = publisher.connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('okr_processed', 'okr_curated') and table_type = 'BASE TABLE'"
        ).fetchall()
        found = {}
        for schema, table in tables:
            query = "select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from {} t"
            row = publisher.connection.execute(
                sql.SQL(query).format(sql.Identifier(schema, table))
            ).fetchone()
            assert row is not None
            found[f"{schema}.{table}"] = row[0]
        return found

    return digest
