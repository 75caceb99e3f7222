"""Entry of `python -m ml`."""

from __future__ import annotations

from ml.cli import main

if __name__ == "__main__":
    main()
