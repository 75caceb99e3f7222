"""`python -m settings`: write `.env.example` anew from the definitions."""

from __future__ import annotations

from settings.example import EXAMPLE, example_text

if __name__ == "__main__":
    EXAMPLE.write_text(example_text())
