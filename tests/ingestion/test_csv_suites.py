"""Public CSV suites through the whole line: cells as expected, compared as text, or a reason why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

CELLS = """
    select r.cells, f.header from okr_raw.arrivals a
    join okr_raw.files f using (file_id)
    left join okr_raw.records r using (file_id)
    where a.path = %s order by r.row_number
"""


def loaded(line: Any, path: str) -> list[dict[str, str]]:
    """The rows of a file, which is stored once where two of a suite are alike."""
    return [cells for cells, _ in line.query(CELLS, path) if cells is not None]


def test_csv_spectrum_is_loaded_cell_by_cell(
    line: Any, shared_data: Path, tell_bad_input: Callable[[str, str, str], None]
) -> None:
    folder = shared_data / "data" / "csv" / "csv-spectrum"
    names = sorted(path.stem for path in (folder / "csvs").glob("*.csv"))
    for name in names:
        line.write(f"spectrum/{name}.csv", (folder / "csvs" / f"{name}.csv").read_bytes())
    line.load()
    for name in names:
        told = json.loads((folder / "json" / f"{name}.json").read_text())
        expected = told if isinstance(told, list) else [told]
        found = loaded(line, f"spectrum/{name}.csv")
        if name == "location_coordinates":
            # The suite contradicts itself here: its JSON has another telephone number than its CSV.
            assert found[0].pop("Contact Phone Number") == "2095257564"
            assert expected[0].pop("Contact Phone Number") == "1234567890"
        assert found == expected, name
    assert line.query("select count(*) from okr_raw.rejects") == [(0,)]
    tell_bad_input("csv-spectrum", f"{len(names)} files", "every cell as expected")


def text_of(field: dict[str, Any]) -> str:
    """A value of Kafka Connect as the text its CSV has: instants and decimals are numbers in the JSON."""
    value, name = field.get("storage"), str(field["schema"].get("name", ""))
    if value is None:
        return ""
    if name.endswith("Timestamp"):
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if name.endswith("Decimal"):
        return str(Decimal(str(value)).quantize(Decimal("0.01")))
    return str(value)


def test_kafka_connect_spooldir_is_loaded_cell_by_cell(
    line: Any, shared_data: Path, tell_bad_input: Callable[[str, str, str], None]
) -> None:
    folder = shared_data / "data" / "csv" / "kafka-connect-spooldir" / "csv"
    suites = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    for name in suites:
        line.write(f"spooldir/{name}.csv", (folder / f"{name}.data").read_bytes())
    line.load()
    for name, suite in suites.items():
        path = f"spooldir/{name}.csv"
        expected = [
            {field["name"]: text_of(field) for field in record["value"]["fieldValues"]}
            for record in suite["expected"]
        ]
        found, header = loaded(line, path), line.query(CELLS, path)[0][1]
        if suite["settings"]["csv.first.row.as.header"] == "false":
            # A first line is always a header here: it is in the ledger, word by word, of an unknown layout.
            columns = list(expected[0])
            found = [dict(zip(columns, [row[name] for name in header], strict=True)) for row in found]
            found.insert(0, dict(zip(columns, header, strict=True)))
            assert line.query("select dataset from okr_raw.files where path = %s", path) == [("unknown",)]
        # A source that goes on at an offset has rows before it; a schema may have fewer or more fields.
        found = found[int(suite["offset"].get("offset", 1)) - 1 :]
        assert len(found) == len(expected), name
        for cells, wanted in zip(found, expected, strict=True):
            assert {column: cells.get(column, "") for column in wanted} == wanted, name
            assert not (wanted.keys() & set(header)) - cells.keys(), name
        tell_bad_input(f"spooldir {name}", f"{len(found)} rows", "every cell as expected")
    skipped = "select skipped_by_kind from okr_raw.files where path = 'spooldir/BlankLines.csv'"
    assert line.query(skipped)[0][0]["blank"] > 0
    assert line.query("select count(*) from okr_raw.rejects") == [(0,)]
