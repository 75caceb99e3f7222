"""The command `okr demo-data`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from stack.sample.command import demo_data

SMALL = ["--as-of", "2026-11-23", "--quarters", "1", "--teams", "6", "--key-results", "40"]


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(demo_data, [str(argument) for argument in arguments])


def test_writes_and_tells_the_facts(run, tmp_path):
    result = run(tmp_path / "sample", *SMALL, "--seed", 4, "--no-signal", "--json")
    facts = json.loads(result.stdout)
    assert result.exit_code == 0
    assert facts["files"] == len(list(tmp_path.rglob("*.csv")))
    assert facts["teams"] == 6
    assert facts["signal"] is False
    assert facts["as_of"] == "2026-11-23"


def test_says_what_it_wrote(run, tmp_path):
    result = run(tmp_path, *SMALL)
    assert result.exit_code == 0
    assert str(tmp_path) in result.stdout
    assert "6 teams" in result.stdout


def test_refuses_a_folder_that_is_not_empty(run, tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\n", encoding="utf-8")
    result = run(tmp_path, *SMALL)
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.csv"]
    assert run(tmp_path, *SMALL, "--force").exit_code == 0
    assert (tmp_path / "mine.csv").exists()


def test_hidden_files_do_not_count(run, tmp_path):
    (tmp_path / ".gitkeep").touch()
    assert run(tmp_path, *SMALL).exit_code == 0


def test_a_file_in_the_way_is_named(run, tmp_path):
    (tmp_path / "retail").mkdir()
    (tmp_path / "retail" / "cycles.csv").mkdir()
    result = run(tmp_path, *SMALL, "--force")
    assert result.exit_code == 1
    assert "cycles.csv" in result.stderr


@pytest.mark.parametrize(
    "wrong", [["--teams", "2"], ["--quarters", "0"], ["--as-of", "soon"], ["--seed", "-1"]]
)
def test_wrong_usage_exits_with_two(run, tmp_path, wrong):
    result = run(tmp_path / "x", *wrong)
    assert result.exit_code == 2
    assert wrong[1] in result.stderr
    assert not (tmp_path / "x").exists()


def test_help_shows_an_example(run):
    assert "okr demo-data /tmp/sample" in run("--help").stdout
