"""`python -m stack.nginx_start FOLDER`: nginx in the foreground, after the end of what a killed one left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stack.nginx_program import end_orphans, find_nginx

__all__ = ["main"]


def main() -> None:
    """Become nginx with the configuration in the folder."""
    folder = Path(sys.argv[1])
    program = find_nginx()
    if program is None:
        sys.exit("Error: nginx is not installed; `okr up` says how to install it")
    end_orphans(folder)
    os.execv(program, [program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")])


if __name__ == "__main__":
    main()
