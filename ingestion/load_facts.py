"""The facts of a load, as it tells them at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["load_facts"]


def load_facts(
    files: Sequence[Mapping[str, Any]],
    counts: Mapping[str, int],
    ignored: Sequence[Mapping[str, str]],
    began: float,
) -> dict[str, Any]:
    """From the ledger rows of what came, the counts of paths, what was ignored anew, and the beginning."""
    # What an interrupted load had sent before counts too, once it is published.
    rows = {
        f"rows_{kind}": sum(file[f"rows_{kind}"] or 0 for file in files)
        for kind in ("read", "loaded", "rejected", "skipped")
    }
    by_status = {
        status: sum(file["status"] == status for file in files) for status in ("loaded", "held", "failed")
    }
    problems = [file for file in files if file["reason"]]
    datasets: dict[str, int] = {}
    for file in files:
        datasets[file["dataset"]] = datasets.get(file["dataset"], 0) + file["rows_loaded"]
    return {
        "paths": counts["paths"],
        "unchanged": counts["unchanged"],
        "files": len(files),
        **{f"files_{status}": count for status, count in by_status.items()},
        "files_unknown": sum(file["dataset"] == "unknown" for file in files),
        "files_ignored": counts["ignored"],
        **rows,
        "published": counts["published"],
        "bytes": counts["bytes"],
        "restarts": counts["restarts"],
        "seconds": round(time.monotonic() - began, 2),
        "datasets": dict(sorted(datasets.items())),
        "notes": [
            {"path": file["path"], "status": file["status"], "reason": file["reason"]} for file in problems
        ],
        "ignored": list(ignored),
    }
