"""What the chaos rounds load: files of check-ins from a seed, and what later lies at some of their paths."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

__all__ = ["STEPS", "ChaosFiles"]

STEPS = 3
"""All files; then other content at two paths; then what lay there first."""

INSTANCES = ("acme", "globex", "initech")
HEADER = "check_in_id,key_result_id,check_in_date,value,comment,recorded_at"
BROKEN = "broken,row"
FIRST_WRITTEN = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
CHANGED = (0, 4)
HELD = 2
COPIES = 2
REJECTS_EVERY = 300
LINE_BREAK_EVERY = 50


@dataclass(frozen=True, slots=True)
class ChaosFiles:
    """`files` files with `rows` rows in all; the last two repeat the bytes of others at a second path.

    Every third file has rows that can't be read, one so many that it is held. The same seed gives the same
    bytes and the same file times.
    """

    folder: Path
    seed: int
    rows: int
    files: int

    def write_all(self) -> None:
        """Step 0: every file."""
        sizes = self._sizes()
        for number, size in enumerate(sizes):
            self._write(self._path(number), self._content(number, size, "a"), step=0)
        for copy in range(COPIES):
            original = self._path(copy * 3)
            self._write(
                original.with_name("copies") / original.name, (self.folder / original).read_bytes(), step=0
            )
        self._write(Path(INSTANCES[0], "notes.txt"), b"not a CSV file\n", step=0)

    def rewind(self) -> None:
        """Back to step 0, after the other steps."""
        self._change("a", step=0)

    def take_step(self, step: int) -> None:
        """Step 1: other content at two paths. Step 2: the first content again, A, B, A."""
        self._change("b" if step == 1 else "a", step)

    def _change(self, version: str, step: int) -> None:
        sizes = self._sizes()
        for number in CHANGED:
            self._write(self._path(number), self._content(number, sizes[number], version), step)

    def _sizes(self) -> list[int]:
        """Rows of each file that is no copy: some small, some large, `rows` in all."""
        dice = Random(f"{self.seed} sizes")
        weights = [dice.uniform(0.2, 2) for _ in range(self.files - COPIES)]
        sizes = [max(1, int(self.rows * weight / sum(weights))) for weight in weights]
        sizes[-1] += self.rows - sum(sizes)
        return sizes

    def _path(self, number: int) -> Path:
        return Path(INSTANCES[number % len(INSTANCES)], f"check_ins_{number:02}.csv")

    def _content(self, number: int, size: int, version: str) -> bytes:
        every = 2 if number == HELD else REJECTS_EVERY if number % 3 == 1 else 0
        lines = [HEADER]
        for row in range(size):
            comment = '"slower,\nbut on track"' if row % LINE_BREAK_EVERY == 0 else '"on, track"'
            lines.append(
                f"c{number}-{row},kr{row % 997},2026-02-01,{(row * 7 + self.seed) % 101},{comment},"
                f"2026-02-01T10:00:0{'0' if version == 'a' else '5'}Z"
            )
            if every and row % every == 0:
                lines.append(BROKEN)
        return ("\n".join(lines) + "\n").encode()

    def _write(self, name: Path, content: bytes, step: int) -> None:
        """At once, and with a time of its own: a worker that watches must not see half of it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        fresh.write_bytes(content)
        os.utime(fresh, (FIRST_WRITTEN + 3600 * step,) * 2)
        fresh.replace(path)
