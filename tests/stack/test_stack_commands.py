"""Every command helps, answers in JSON, and fails in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from settings import ROOT, Settings
from stack.cli.command import ExampleCommand, LazyGroup
from stack.cli.main import okr

DELEGATED = {"load", "files", "rejects"}


def commands(group: LazyGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, LazyGroup):
            yield from commands(found, (*path, name))


ALL = list(commands(okr)) if isinstance(okr, LazyGroup) else []


def test_the_commands_of_the_design_are_there() -> None:
    names = {words[0] for words, _ in ALL}
    assert names >= {
        "run",
        "load",
        "sql",
        "rejects",
        "files",
        "demo-data",
        "status",
        "reset",
        "down",
        "up",
        "logs",
        "explain",
        "export",
        "rollback",
    }


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words, _ in ALL])
def test_every_command_helps_with_an_example(words: tuple[str, ...], command: click.Command) -> None:
    result = CliRunner().invoke(okr, [*words, "--help"])
    assert result.exit_code == 0
    assert command.help
    assert isinstance(command, ExampleCommand | LazyGroup)
    assert command.examples
    for example in command.examples:
        assert f"okr {' '.join(words)}" in example
        assert example in result.output
    if isinstance(command, ExampleCommand) and words[0] not in DELEGATED:
        assert "--json" in result.output


@pytest.mark.parametrize("words", [(), ("bench",), ("export",)], ids=["okr", "bench", "export"])
def test_the_list_of_commands_says_each_in_whole(words: tuple[str, ...]) -> None:
    listed = CliRunner().invoke(okr, [*words, "--help"], terminal_width=78).output.split("Commands:")[1]
    assert "..." not in listed


def test_wrong_usage_ends_with_2() -> None:
    assert CliRunner().invoke(okr, ["fly"]).exit_code == 2
    assert "Did you mean 'rollback'?" in CliRunner().invoke(okr, ["rollbak"]).output
    assert CliRunner().invoke(okr, ["run", "--as-of", "soon"]).exit_code == 2
    assert CliRunner().invoke(okr, ["export", "documents", "--format", "parquet"]).exit_code == 2


def call(*words: str, home: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """`okr` as a user calls it, from another folder."""
    environment = {**os.environ, "OKR_HOME": str(home), "PYTHONPATH": str(ROOT), **changes}
    command = [sys.executable, "-m", "stack", *words]
    return subprocess.run(command, cwd="/", env=environment, text=True, capture_output=True, check=False)


def test_nothing_runs_is_told_for_each_service(okr_environment: Settings, tmp_path: Path) -> None:
    done = call("status", "--json", home=tmp_path)
    assert done.returncode == 1
    status = json.loads(done.stdout)
    assert list(status)[:2] == ["url", "services"]
    assert {each["name"] for each in status["services"]} >= {"postgres", "kafka", "watcher", "nginx"}
    assert {each["health"] for each in status["services"]} == {"stopped"}
    assert all(each["reason"] for each in status["services"])


@pytest.mark.parametrize(
    "words",
    [("sql", "select 1"), ("export", "documents"), ("explain", "fct_key_results", "k"), ("rollback",)],
)
def test_a_stopped_database_is_one_line(
    words: tuple[str, ...], okr_environment: Settings, tmp_path: Path
) -> None:
    done = call(*words, home=tmp_path)
    assert (done.returncode, done.stderr) == (1, "Error: Postgres is not running; `okr run` starts it\n")


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    done = call("status", home=tmp_path, OKR_PG_PORT="x")
    assert (done.returncode, done.stderr) == (2, "Error: OKR_PG_PORT='x': must be a whole number\n")


def test_down_twice_is_no_error(okr_environment: Settings, tmp_path: Path) -> None:
    done = call("down", "--json", home=tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (
        0,
        {"postgres": "not running", "kafka": "not running"},
    )


def test_reset_asks_and_leaves_what_is_not_ours(okr_environment: Settings, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "holiday.jpg").touch()
    refused = call("reset", home=tmp_path)
    assert refused.returncode == 1
    assert (tmp_path / "postgres").exists()
    done = call("reset", "--yes", "--json", home=tmp_path)
    assert json.loads(done.stdout)["removed"] == ["postgres"]
    assert (tmp_path / "holiday.jpg").exists()
    assert not (tmp_path / "postgres").exists()


@pytest.mark.postgres
def test_sql_answers_as_the_role_it_was_told(warehouse: Settings) -> None:
    query = "select current_user as who, 1.5 as number, null as nothing"
    done = call("sql", "--json", query, home=warehouse.home)
    assert json.loads(done.stdout) == [{"who": "okr_analyst", "number": "1.5", "nothing": None}]
    done = call("sql", "--csv", "--role", "loader", query, home=warehouse.home)
    assert done.stdout == "who,number,nothing\nokr_loader,1.5,\n"
    done = call("sql", query, home=warehouse.home)
    assert "okr_analyst" in done.stdout and "(1 row)" in done.stdout


@pytest.mark.postgres
def test_sql_fails_in_one_line(warehouse: Settings) -> None:
    done = call("sql", "select * from okr_raw.files", home=warehouse.home)
    assert (done.returncode, done.stderr) == (1, "Error: permission denied for schema okr_raw\n")
    done = call("sql", "--role", "admin", "selec 1", home=warehouse.home)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.postgres
def test_what_is_not_built_yet_is_told(fresh_database: Callable[[], Settings]) -> None:
    done = call("export", "documents", home=fresh_database().home)
    assert (done.returncode, done.stderr) == (
        1,
        "Error: okr_curated.okr_documents does not exist yet; `okr run` builds it\n",
    )
    done = call("explain", "fct_key_result", "k", home=fresh_database().home)
    assert (done.returncode, "fct_key_result" in done.stderr, "`okr run`" in done.stderr) == (1, True, True)


@pytest.mark.postgres
def test_a_rollback_without_a_champion_is_one_line(fresh_database: Callable[[], Settings]) -> None:
    done = call("rollback", "--json", home=fresh_database().home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: there is no champion to roll back: train first\n"


def test_a_data_folder_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    missing = tmp_path / "typo"
    done = call("run", home=tmp_path, OKR_DATA=str(missing))
    assert (done.returncode, f"OKR_DATA={str(missing)!r}: no such folder" in done.stderr) == (2, True)
    assert not missing.exists()


def test_a_dry_run_starts_no_server(okr_environment: Settings, tmp_path: Path) -> None:
    exported = tmp_path / "teams.csv"
    exported.write_text("team_id,name,level,parent_team_id\nt-1,Checkout,team,\n")
    done = call("load", "--dry-run", str(exported), home=tmp_path)
    assert (done.returncode, "template.teams" in done.stdout) == (0, True)
    assert not (tmp_path / "postgres").exists()
    done = call("load", "--dry-run", str(tmp_path / "typo.csv"), home=tmp_path)
    assert (done.returncode, "does not exist" in done.stderr) == (2, True)


def test_logs_are_listed_and_shown_across_a_turn_over(okr_environment: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "api.log.1").write_text("".join(f"line {number}\n" for number in range(5)))
    (folder / "api.log").write_text("line 5\n")
    assert call("logs", "api", "-n", "3", home=tmp_path).stdout == "line 3\nline 4\nline 5\n"
    listed = json.loads(call("logs", "--json", home=tmp_path).stdout)
    assert [(entry["name"], entry["bytes"]) for entry in listed] == [("api", 7)]
    unknown = call("logs", "apo", home=tmp_path)
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert "there are: api" in unknown.stderr
