"""The lint as a command: on this project, and on a project of planted violations."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from portability_rule import RULES

from settings import ROOT

COMMAND = [sys.executable, str(ROOT / "dbt_project" / "portability" / "portability_lint.py")]
PROJECT = """
name: planted
version: 0.1.0
config-version: 2
profile: planted
model-paths: [models]
quoting: {database: false, schema: false, identifier: false}
flags: {send_anonymous_usage_stats: false}
"""
PROFILES = """
planted:
  target: postgres
  outputs:
    postgres: {type: postgres, host: localhost, port: 1, user: one, password: one, dbname: one, schema: one}
    oracle: {type: oracle, protocol: tcp, host: localhost, port: 1, user: one, password: one, service: one,
      database: one, schema: one}
"""
pytestmark = pytest.mark.slow


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=1200)


def as_model(rule: str, kind: str) -> str:
    return f"{kind}_{rule.lower().replace('-', '_')}"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """What the lint says of a project with each violation and its good counterpart as models or hooks."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "models").mkdir()
    hooks = []
    for rule in RULES.values():
        for kind, sql in (("bad", rule.bad), ("good", rule.good)):
            if sql.startswith(("select", "with")):
                (folder / "models" / f"{as_model(rule.rule, kind)}.sql").write_text(sql, encoding="utf-8")
            elif kind == "bad":
                hooks.append(sql)
    (folder / "dbt_project.yml").write_text(
        PROJECT + f"on-run-start: {json.dumps(hooks)}\n", encoding="utf-8"
    )
    (folder / "profiles.yml").write_text(PROFILES, encoding="utf-8")
    done = run("--project", str(folder), "--target-path", str(folder / "target"))
    assert done.returncode == 1, done.stdout + done.stderr
    yield done.stdout, folder


def test_every_planted_violation_is_found_where_it_was_planted(planted: tuple[str, Path]) -> None:
    said, folder = planted
    missed = []
    for rule in RULES.values():
        is_model = (folder / "models" / f"{as_model(rule.rule, 'bad')}.sql").is_file()
        place = f"models/{as_model(rule.rule, 'bad')}.sql: " if is_model else ""
        if f"{place}{rule.rule} on " not in said:
            missed.append(rule.rule)
    assert missed == []


def test_no_good_counterpart_is_found_guilty_of_its_rule(planted: tuple[str, Path]) -> None:
    said, _ = planted
    assert [rule for rule in RULES if f"models/{as_model(rule, 'good')}.sql: {rule} on oracle" in said] == []


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """What the lint says of this project, and what dbt sent to each target."""
    folder = tmp_path_factory.mktemp("target")
    done = run("--target-path", str(folder))
    sent = {
        target: "\n".join(
            one["sql"]
            for one in json.loads((folder / f"portability-{target}" / "statements.json").read_text())[
                "statements"
            ]
        )
        for target in ("postgres", "oracle")
    }
    return done, sent


def test_this_project_breaks_no_rule(
    project: tuple[subprocess.CompletedProcess[str], dict[str, str]],
) -> None:
    done, _ = project
    assert done.returncode == 0, done.stdout


def test_each_target_got_its_own_branch_and_every_kind_of_statement(
    project: tuple[subprocess.CompletedProcess[str], dict[str, str]],
) -> None:
    sent = project[1]
    assert "json_value(cells" in sent["oracle"] and "json_value(cells" not in sent["postgres"]
    assert "cells ->>" in sent["postgres"] and "cells ->>" not in sent["oracle"]
    for text in (
        "primary key",
        "delete from",
        "'build_done'",
        "should_warn",
        "grant select",
        "comment on column",
    ):
        assert text in sent["postgres"].lower() and text in sent["oracle"].lower(), text
    assert "do $dbt_alerts$" in sent["postgres"] and "shown_rows clob" in sent["oracle"]


def test_a_wrong_call_says_what_to_do(tmp_path: Path) -> None:
    done = run("--project", str(tmp_path))
    assert done.returncode == 2
    assert "name the folder of a dbt project" in done.stderr
