"""Read every statement dbt would send to Postgres and to Oracle; tell what one of them would not take."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from findings import Finding, Reading, read_all
from project_settings import INSTEAD, RULE, wrong_settings
from rule_page import page
from sql_statement import Statement

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "portability.md"
TARGETS = ("postgres", "oracle")
PATIENCE_SECONDS = 900


class CannotRenderError(Exception):
    """dbt could not render the project for a target."""


def main(arguments: list[str] | None = None) -> int:
    """0 where there is nothing to say, 1 with findings, 2 for a wrong call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--project", type=Path, default=ROOT, help="folder of dbt_project.yml and profiles.yml"
    )
    parser.add_argument("--target-path", type=Path, default=ROOT / "target", help="where dbt may write")
    parser.add_argument(
        "--write-page", action="store_true", help="write docs/portability.md instead of reading"
    )
    given = parser.parse_args(arguments)
    if given.write_page:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not (given.project / "dbt_project.yml").is_file():
        parser.error(f"{given.project} has no dbt_project.yml: name the folder of a dbt project")
    try:
        records = record(given.project.resolve(), given.target_path.resolve())
    except CannotRenderError as error:
        say(str(error))
        return 1
    return tell(given.project, records)


def record(project: Path, target_path: Path) -> dict[str, Any]:
    """What dbt sends to each target; both at once, in processes of their own: drivers are replaced there."""
    running = {}
    for target in TARGETS:
        folder = target_path / f"portability-{target}"
        folder.mkdir(parents=True, exist_ok=True)
        out = folder / "statements.json"
        out.unlink(missing_ok=True)
        command = [sys.executable, str(HERE / "record_statements.py")]
        command += ["--target", target, "--project", str(project), "--out", str(out)]
        environment = {**os.environ, "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
        running[target] = (
            out,
            subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ),
        )
    try:
        return {target: finished(target, *started) for target, started in running.items()}
    finally:
        for _, process in running.values():
            process.kill()
            process.wait()


def finished(target: str, out: Path, process: subprocess.Popen[str]) -> Any:
    """One target's record, or the reason why there is none."""
    try:
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise CannotRenderError(
            f"dbt did not render {target} in {PATIENCE_SECONDS} s: run it alone and look"
        ) from error
    if process.returncode or not out.is_file():
        raise CannotRenderError(f"dbt did not render {target}:\n{said.strip()}")
    return json.loads(out.read_text(encoding="utf-8"))


def statements(project: Path, records: dict[str, Any]) -> Iterator[Statement]:
    """All statements of all targets; of one that a YAML file made, with that file's comments."""
    yaml_files: dict[str, str] = {}
    for target, recorded in records.items():
        for one in recorded["statements"]:
            path = one["path"]
            if path.endswith(".yml") and path not in yaml_files:
                yaml_files[path] = (project / path).read_text(encoding="utf-8")
            yield Statement(target, one["node"], path, one["sql"], source=yaml_files.get(path, ""))


def tell(project: Path, records: dict[str, Any]) -> int:
    """Print findings and what was read."""
    reading = read_all(statements(project, records))
    for path, wrong in wrong_settings(project):
        reading.findings.add(Finding(RULE, "both", path, wrong, INSTEAD))
    for finding in sorted(reading.findings, key=str):
        say(str(finding))
    say(summary(reading, records))
    return 1 if reading.findings else 0


def summary(reading: Reading, records: dict[str, Any]) -> str:
    """What was read, what was not."""
    never = set.intersection(*(set(recorded["macros_not_called"]) for recorded in records.values()))
    lines = [
        f"Portability: {len(reading.findings)} findings in {reading.read} statements for "
        f"{' and '.join(records)}; "
        f"left out: {reading.left_to_adapters} that adapters write alone; read by words only: "
        f"{reading.by_words_only}; exceptions: {len(reading.set_aside)}.",
    ]
    if never:
        lines.append(f"Nothing calls on either target: {', '.join(sorted(never))}.")
    return "\n".join(lines)


def say(text: str) -> None:
    """A line for the person who ran it."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
