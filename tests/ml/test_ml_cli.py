"""The command line: help with examples, JSON events, one line and an exit code for what goes wrong."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from ml import parameters
from ml.cli import main
from settings import ROOT


@pytest.mark.parametrize("command", [[], ["train"], ["score"], ["rollback"]])
def test_help_shows_an_example(command):
    told = CliRunner().invoke(main, [*command, "--help"])
    assert told.exit_code == 0
    assert "Example: python -m ml" in told.output


@pytest.mark.parametrize("place", ["README.md", "docs/ml.md", "python -m ml train --help"])
def test_how_much_history_is_needed_is_said_where_a_user_looks(place):
    least = parameters.load().history
    if place.endswith(".md"):
        text = (ROOT / place).read_text(encoding="utf-8")
    else:
        text = CliRunner().invoke(main, ["train", "--help"]).output
    words = f"{least.minimum_labels} graded key results and {least.minimum_test_cycles} (test )?cycles"
    assert re.search(words, " ".join(text.split()))


def test_wrong_usage_is_2():
    told = CliRunner().invoke(main, ["train", "--as-of", "soon"])
    assert told.exit_code == 2
    assert "'soon'" in told.output


def test_a_server_that_is_not_there_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("OKR_PG_HOST", str(tmp_path))
    told = CliRunner().invoke(main, ["train"])
    assert told.exit_code == 1
    assert told.output.splitlines()[-1].startswith("Error: the warehouse database: connection to server")


def test_a_wrong_setting_is_one_line(monkeypatch):
    monkeypatch.setenv("OKR_AS_OF", "tomorrow")
    told = CliRunner().invoke(main, ["score"])
    assert told.exit_code == 2
    assert told.output == "Error: OKR_AS_OF='tomorrow': must be a date, YYYY-MM-DD\n"
    assert "Traceback" not in told.output


@pytest.mark.postgres
def test_events_are_json_lines(forecasting, publish, make_rows, monkeypatch):
    publish(make_rows(cycles=2, per_cycle=9))
    monkeypatch.setenv("OKR_PG_PORT", str(forecasting.postgres.port))
    monkeypatch.setenv("OKR_PG_DATABASE", forecasting.postgres.database)
    told = CliRunner().invoke(main, ["train", "--events", "--as-of", "2025-09-01"])
    assert told.exit_code == 0, told.output
    events = [json.loads(line) for line in told.output.splitlines()]
    assert [event["event"] for event in events] == ["start", "done"]
    assert events[-1]["stage"] == "train"
    assert events[-1]["decision"] == "kept"
    assert events[-1]["labels"] == 18
    assert events[-1]["as_of"] == "2025-09-01"


@pytest.mark.postgres
def test_missing_features_say_what_to_do(forecasting, monkeypatch):
    monkeypatch.setenv("OKR_PG_PORT", str(forecasting.postgres.port))
    monkeypatch.setenv("OKR_PG_DATABASE", forecasting.postgres.database)
    told = CliRunner().invoke(main, ["score"])
    assert told.exit_code == 1
    assert told.output.splitlines()[-1].endswith("does not exist: run `dbt build` first")
