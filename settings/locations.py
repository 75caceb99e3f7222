"""Where the checkout is."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ENV_FILE", "ROOT"]

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"
