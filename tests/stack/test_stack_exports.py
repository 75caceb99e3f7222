"""Documents leave the warehouse whole, and a number finds its way back to its line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyarrow import parquet

from settings import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]


def okr(filled: Any, *words: str) -> str:
    """Output of a command on a filled warehouse."""
    environment = {**os.environ, "OKR_PG_DATABASE": filled.name}
    command = [sys.executable, "-m", "stack", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, text=True, capture_output=True, check=True
    ).stdout


def test_json_lines_and_parquet_hold_every_document(
    sample_filled: Any, sample_warehouse: psycopg.Connection, tmp_path: Path
) -> None:
    keys = [key for (key,) in sample_warehouse.execute("select objective_key from okr_curated.okr_documents")]
    lines = [json.loads(line) for line in okr(sample_filled, "export", "documents").splitlines()]
    assert sorted(line["objective_key"] for line in lines) == sorted(keys)
    assert all(isinstance(line["key_results"], list) for line in lines)
    output = tmp_path / "documents.parquet"
    words = ("export", "documents", "--format", "parquet", "--output", str(output), "--json")
    assert json.loads(okr(sample_filled, *words))["documents"] == len(keys)
    table = parquet.read_table(output)
    assert [json.loads(text) for text in table["document"].to_pylist()] == lines
    assert str(table.schema.field("as_of_date").type) == "date32[day]"


def test_a_number_leads_back_to_a_line_of_a_file(
    sample_filled: Any, sample_warehouse: psycopg.Connection
) -> None:
    row = sample_warehouse.execute(
        "select key_result_key, number_value from okr_curated.rpt_lineage"
        " where number_name = 'value' order by key_result_key limit 1"
    ).fetchone()
    assert row is not None
    rows = json.loads(okr(sample_filled, "explain", "fct_key_results", row[0], "--json"))
    value = next(each for each in rows if each["number_name"] == "value")
    path = sample_filled.data / value["path"]
    line = path.read_text().splitlines()[value["line_number"] - 1]
    header = path.read_text().splitlines()[0]
    cells = dict(zip(next(csv.reader([header])), next(csv.reader([line])), strict=True))
    assert float(cells["value"]) == float(row[1])
