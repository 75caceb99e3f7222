"""Entry of `python -m quality`."""

from __future__ import annotations

from quality.cli import main

if __name__ == "__main__":
    main(prog_name="python -m quality")
