"""What a dbt build did, from the results it writes: models, tests, and which of them failed and why."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from settings import ROOT

__all__ = ["DbtResults", "read_results"]

TESTS = {"test", "unit_test"}
BUILT = {"model", "seed", "snapshot"}
MESSAGE_KEPT = 240
GOOD = {"success", "pass", "warn", "no-op"}


@dataclass(slots=True)
class DbtResults:
    """Counts of one build; `failures` and `warnings` hold the name, its kind and what happened."""

    models: int = 0
    tests: int = 0
    failed: int = 0
    warned: int = 0
    skipped: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "models": self.models,
            "tests": self.tests,
            "failed": self.failed,
            "warned": self.warned,
            "skipped": self.skipped,
            "failures": self.failures,
            "warnings": self.warnings,
        }

    def sentence(self) -> str:
        """One line for people."""
        words = [
            f"{self.models} models",
            f"{self.tests} tests passed" if not self.failed else f"{self.tests} tests",
        ]
        words += [
            f"{count} {name}" for name, count in (("failed", self.failed), ("warned", self.warned)) if count
        ]
        words += [f"{self.skipped} skipped after a failure"] if self.skipped else []
        return ", ".join(words)


def read_results(not_before: float) -> DbtResults | None:
    """Results of the build that just ended; None where dbt ended before it wrote any.

    `not_before` is the time (seconds since the epoch) the build began: older results are of another build.
    """
    path = Path(os.environ.get("DBT_TARGET_PATH", ROOT / "target"))
    path = (path if path.is_absolute() else ROOT / path) / "run_results.json"
    if not path.exists() or path.stat().st_mtime < not_before:
        return None
    results = DbtResults()
    for node in orjson.loads(path.read_bytes())["results"]:
        _count(results, node)
    return results


def _count(results: DbtResults, node: dict[str, Any]) -> None:
    kind, _, name = node["unique_id"].split(".", 2)
    status = node["status"]
    if status == "skipped":
        results.skipped += 1
    elif kind in TESTS:
        results.tests += 1
    elif kind in BUILT:
        results.models += 1
    message = " ".join(str(node.get("message") or status).split())
    told = {"node": name.split(".")[0], "kind": kind, "message": message[:MESSAGE_KEPT]}
    if status == "warn":
        results.warned += 1
        results.warnings.append(told)
    elif status not in GOOD and status != "skipped":
        results.failed += 1
        results.failures.append(told)
