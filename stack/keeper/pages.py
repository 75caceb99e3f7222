"""The pages of the models, dbt's documentation, which the one URL shows at /docs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import settings
from settings import ROOT
from stack.errors import ServiceError
from stack.keeper.places import Places
from stack.pipeline.child import environment, part

__all__ = ["are_current", "write_pages"]

SOURCES = ("dbt_project.yml", "profiles.yml", "dbt_project")


def write_pages(config: settings.Settings) -> str:
    """Write docs/index.html, unless it is younger than every file of the project.

    Needs Postgres, which tells the columns. Yields the processor to the services that start at the same
    time. Raises ServiceError with dbt's own words.
    """
    if are_current(config.home / "docs" / "index.html"):
        return "current"
    log = Places.of(config).log("pages")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        done = subprocess.run(
            part("stack.warehouse_docs"),
            cwd=ROOT,
            env=environment(OKR_AS_OF=config.resolved_as_of().isoformat(), DBT_USE_COLORS="false"),
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.nice(10),
            check=False,
        )
    if done.returncode != 0:
        words = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise ServiceError(f"dbt cannot write them: {(words or ['no message'])[-1].strip()} (log: {log})")
    return "written"


def are_current(page: Path) -> bool:
    """Whether the page is younger than every file of the project."""
    if not page.exists():
        return False
    written = page.stat().st_mtime
    return all(path.stat().st_mtime <= written for name in SOURCES for path in _files(ROOT / name))


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
