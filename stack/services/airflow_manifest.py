"""dbt's manifest, from which Airflow draws the graph: written anew where the project is newer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from settings import ROOT
from stack.errors import ServiceError

__all__ = ["prepare_manifest"]

MANIFEST = ROOT / "target" / "manifest.json"
PARSE_SECONDS = 600


def prepare_manifest() -> None:
    """Have a manifest of the project as it is now; does nothing where there is one."""
    MANIFEST.parent.mkdir(parents=True, exist_ok=True)
    # It belongs to the checkout, which several homes may share.
    with FileLock(MANIFEST.with_suffix(".lock"), timeout=PARSE_SECONDS):
        if not is_current(MANIFEST, ROOT):
            _parse()


def is_current(manifest: Path, project: Path) -> bool:
    """Whether the manifest was written after the last change of the project."""
    if not manifest.is_file():
        return False
    files = [project / "dbt_project.yml", *(project / "dbt_project").rglob("*")]
    return manifest.stat().st_mtime >= max(file.stat().st_mtime for file in files if file.exists())


def _parse() -> None:
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "--quiet", "parse", "--target-path", str(MANIFEST.parent)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PARSE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise ServiceError(f"`dbt parse` took more than {PARSE_SECONDS} s") from problem
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise ServiceError(f"`dbt parse` ended with {done.returncode}: {said[-1].strip()}")
