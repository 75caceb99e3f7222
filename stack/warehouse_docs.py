"""`python -m stack.warehouse_docs`: dbt's documentation as one page, OKR_HOME/docs/index.html."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import settings

__all__ = ["write"]


def write(config: settings.Settings) -> int:
    """Have dbt write its page, and put it in place of the last one; dbt's exit code."""
    results = config.home / "dbt" / "docs"
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "docs", "generate", "--static", "--target-path", str(results)]
    code = subprocess.run(command, cwd=settings.ROOT, check=False).returncode
    if code == 0:
        page = config.home / "docs" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        (results / "static_index.html").replace(page)
    return code


if __name__ == "__main__":
    sys.exit(write(settings.load()))
