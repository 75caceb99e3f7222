"""Which separator, quote and escape a CSV text uses, found by how even its records become."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["CsvDialect", "detect_dialect"]

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_RECORDS = 200


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """How records are cut into cells. `wrapped`: each line is one quoted cell that holds a CSV line."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_initial_space: bool = False
    wrapped: bool = False
    terminator: str = "\n"

    def as_dict(self) -> dict[str, Any]:
        """For the ledger."""
        return asdict(self)

    def reader(self, lines: Iterable[str], *, strict: bool = True) -> Iterator[list[str]]:
        """A csv reader over lines; strict ones raise csv.Error at a broken quote."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            skipinitialspace=self.skip_initial_space,
            strict=strict,
        )

    def unwrap(self, cell: str) -> list[str]:
        """The cells inside the one cell of a wrapped line. Raises csv.Error at a broken quote."""
        return next(csv.reader([cell], delimiter=self.delimiter, strict=True), [])


def detect_dialect(text: str) -> CsvDialect:
    """The dialect of a text's beginning (some 200 lines are enough; the last may be cut off)."""
    terminator = "\n" if "\n" in text or "\r" not in text else "\r"
    lines = [line for line in text.split(terminator) if line.strip()]
    best = CsvDialect(terminator=terminator)
    best_score = (0.0, 0.0, 0)
    for candidate in _candidates(text, lines, terminator):
        score = _score(candidate, lines)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _candidates(text: str, lines: list[str], terminator: str) -> Iterator[CsvDialect]:
    quotes = ['"']
    if '"' not in text and any(re.search(r"(^|[,;\t|])'[^']*'([,;\t|]|$)", line) for line in lines):
        quotes.append("'")
    for wrapped in (False, True):
        if wrapped and not _looks_wrapped(lines):
            continue
        for delimiter in DELIMITERS:
            for quote in quotes:
                space = bool(re.search(re.escape(delimiter) + " +" + quote, text))
                for escape in [None, "\\"] if "\\" + quote in text else [None]:
                    yield CsvDialect(delimiter, quote, escape, space, wrapped, terminator)


def _looks_wrapped(lines: list[str]) -> bool:
    """All lines are quoted as a whole, and hold separators."""
    whole = [line.strip().lstrip("\ufeff") for line in lines]
    return bool(whole) and all(len(line) > 2 and line[0] == line[-1] == '"' for line in whole)


def _score(dialect: CsvDialect, lines: list[str]) -> tuple[float, float, int]:
    """How even the records are: share without a quoting error, share with the commonest width, that width."""
    widths: Counter[int] = Counter()
    broken = 0
    records = dialect.reader(line + "\n" for line in lines)
    for _ in range(SAMPLE_RECORDS):
        try:
            cells = next(records)
            if dialect.wrapped:
                cells = dialect.unwrap(cells[0]) if len(cells) == 1 else []
        except StopIteration:
            break
        except csv.Error:
            broken += 1
            continue
        widths[len(cells)] += 1
    widths.pop(0, None)
    if not widths:
        return (0.0, 0.0, 0)
    width, count = max(widths.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[0]))
    if width < 2:
        return (0.0, 0.0, 1)
    total = sum(widths.values()) + broken
    if dialect.wrapped and count < max(total, 2):
        # One exception, and it is a column of long texts rather than a wrapped table.
        return (0.0, 0.0, 0)
    return (round(1 - broken / total, 1), round(count / total, 2), width)
