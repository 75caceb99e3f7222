"""The commands as a person meets them: their help, and what a dry run says of a layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ingestion.cli import cli
from ingestion.command import PROGRAM


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


@pytest.mark.parametrize("words", list(commands(cli)), ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("program", [PROGRAM, "okr"])
def test_every_command_helps_in_the_form_of_okr(words: tuple[str, ...], option: str, program: str) -> None:
    told = CliRunner().invoke(cli, [*words, option], prog_name=program)
    assert told.exit_code == 0
    assert "-h, --help" in told.output
    assert f"\n\nExamples:\n  {' '.join((program, *words))}" in told.output
    assert "Example:" not in told.output


@pytest.mark.parametrize(
    ("header", "said"),
    [
        # Its one row is a reject, so that it would be held: that keeps nothing back about its layout.
        ("cycle_id,name,cadence,start_date,ends", "nearest layout template.cycles: missing end_date; not in"),
        ("qwe,rty,uiop", "dataset unknown (nearest layout: none, for no known one has any of its columns)"),
    ],
)
def test_a_dry_run_names_the_nearest_layout_or_says_that_there_is_none(
    tmp_path: Path, header: str, said: str
) -> None:
    path = tmp_path / "acme" / "unknown.csv"
    path.parent.mkdir()
    path.write_text(f"{header}\n1,2,3\n")
    told = CliRunner().invoke(cli, ["load", "--dry-run", "--data", str(tmp_path)])
    assert told.exit_code == 0
    assert said in told.output
