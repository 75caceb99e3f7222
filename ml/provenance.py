"""Where a training's code and tables came from."""

from __future__ import annotations

import shutil
import subprocess

import sqlalchemy as sa

from settings import ROOT

__all__ = ["provenance"]


def provenance(engine: sa.Engine) -> dict[str, str]:
    """The commit of the checkout and the dbt build the features come from; only what is known."""
    return {
        name: value for name, value in {"git_commit": _commit(), "dbt_build": _build(engine)}.items() if value
    }


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def _build(engine: sa.Engine) -> str:
    builds = sa.table("builds", sa.column("build_id"), sa.column("started_at"), schema="okr_ops")
    with engine.connect() as connection:
        query = sa.select(builds.c.build_id).order_by(builds.c.started_at.desc()).limit(1)
        return str(connection.scalar(query) or "")
