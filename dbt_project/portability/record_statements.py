"""Run dbt against a database that is not there and write down every statement it sends to one target.

Started as a process of its own by `portability_lint.py`: it replaces database drivers.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.clients.jinja import MacroGenerator
from offline_database import OfflineDatabase, take_the_place_of_drivers

QUIET = ["--quiet", "--no-write-json", "--log-level-file", "none"]
BUILD = [*QUIET, "--threads", "1"]
# dbt calls these while it parses, and does not parse again what it knows.
PARSE_ONLY = "generate_schema_name"
NO_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]


def main() -> int:
    """Write the statements of one target as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True, choices=("postgres", "oracle"))
    parser.add_argument("--project", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    given = parser.parse_args()
    place = [
        "--project-dir",
        str(given.project),
        "--profiles-dir",
        str(given.project),
        "--target",
        given.target,
    ]
    called = note_called_macros()
    new_runner: Any = dbtRunner
    manifest = invoke(new_runner(), ["parse", *QUIET, *place])
    relations = {
        name: node
        for name, node in manifest.nodes.items()
        if node.resource_type in ("model", "seed", "snapshot")
    }
    database = OfflineDatabase(relations)
    take_the_place_of_drivers(database)
    runner = new_runner(manifest=manifest)
    invoke(runner, ["build", *BUILD, *NO_UNIT_TESTS, *place])
    database.exists = True
    # An existing view or table adds only the adapter's own renaming; an incremental one has SQL of its own.
    if any(node.config.materialized == "incremental" for node in relations.values()):
        invoke(runner, ["run", *BUILD, *place, "--select", "config.materialized:incremental"])
    database.failing_test = min((name for name in manifest.nodes if name.startswith("test.")), default="")
    if database.failing_test:
        failing = ["--select", manifest.nodes[database.failing_test].name]
        invoke(runner, ["test", *BUILD, *NO_UNIT_TESTS, *place, *failing], may_fail=True)
    refuse_silence(manifest, database)
    given.out.write_text(json.dumps(record(manifest, database, called)), encoding="utf-8")
    return 0


def refuse_silence(manifest: Any, database: OfflineDatabase) -> None:
    """Stop where a model, seed or test sent nothing: what nobody reads must not look clean."""
    spoke = {node for node, _ in database.statements}
    silent = [
        name
        for name, node in manifest.nodes.items()
        if name not in spoke
        and str(node.resource_type) in ("model", "seed", "snapshot", "test")
        and node.config.materialized != "ephemeral"
    ]
    if silent or not spoke:
        sys.exit(
            f"dbt sent nothing for {', '.join(sorted(silent)) or 'the whole project'}: look at what it logged"
        )


def note_called_macros() -> set[str]:
    """The unique ids of all macros that dbt calls from now on, filled as it goes."""
    called: set[str] = set()
    generator_class: Any = MacroGenerator
    call = generator_class.__call__

    def noted(generator: Any, *args: Any, **kwargs: Any) -> Any:
        called.add(generator.macro.unique_id)
        return call(generator, *args, **kwargs)

    generator_class.__call__ = noted
    return called


def invoke(runner: Any, arguments: list[str], may_fail: bool = False) -> Any:
    """One dbt command; stops with what dbt said where it could not render."""
    done: Any = runner.invoke(arguments)
    if done.exception is not None:
        sys.exit(f"dbt {arguments[0]} could not render the project: {done.exception}")
    if not done.success:
        broken = [
            f"{one.node.unique_id}: {one.message}" for one in done.result.results if one.status == "error"
        ]
        if broken or not may_fail:
            sys.exit("\n".join(["dbt could not render:", *broken]))
    return done.result


def record(manifest: Any, database: OfflineDatabase, called: set[str]) -> dict[str, Any]:
    """Statements, where each came from, and the project's macros that nothing called."""
    known = {**manifest.nodes, **manifest.sources}
    own = {
        name: macro
        for name, macro in manifest.macros.items()
        if macro.package_name == manifest.metadata.project_name
    }
    return {
        "statements": [
            {"node": node, "path": known[node].original_file_path if node in known else "", "sql": sql}
            for node, sql in database.statements
        ],
        "macros_not_called": sorted(
            macro.name for name, macro in own.items() if name not in called and PARSE_ONLY not in macro.name
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
