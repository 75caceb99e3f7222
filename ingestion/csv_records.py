"""The records of a CSV file: cells, where they lie, what is skipped and what can't be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingestion.csv_dialect import CsvDialect
from ingestion.csv_lines import Line, LineReader

__all__ = ["Flaw", "Record", "records"]

FLAWS: Final = {
    "undecodable_bytes": "bytes that are not {encoding}",
    "nul_byte": "a NUL byte",
    "line_too_long": "a line of {length} bytes, longer than the {limit} allowed",
    "record_too_long": "a record of more than {limit} bytes",
    "unclosed_quote": "a quote that is never closed",
    "field_too_long": "a field longer than {limit} characters",
    "broken_quoting": "text after a closing quote",
    "stray_carriage_return": "a carriage return inside an unquoted field",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a record can't be read: a code for machines and a sentence for people."""

    code: str
    reason: str


@dataclass(slots=True)
class Record:
    """One record as it lies in the file. `cells` is empty for a blank line and where `flaw` is set."""

    cells: list[str]
    lines: list[Line]
    flaw: Flaw | None = None

    @property
    def line_number(self) -> int:
        """Line of the file the record begins on, from 1."""
        return self.lines[0].number

    @property
    def byte_offset(self) -> int:
        """Where its bytes begin in the file."""
        return self.lines[0].offset

    @property
    def byte_length(self) -> int:
        """How many bytes it has, line end included."""
        return sum(line.length for line in self.lines)

    def raw(self, limit: int) -> bytes:
        """Its first bytes."""
        return b"".join(line.raw for line in self.lines)[:limit]


class _TooLongError(Exception):
    """A record has outgrown the limit."""


class _Feed:
    """Gives lines to a csv reader, remembers those of the current record and can take some back."""

    def __init__(self, lines: Iterator[Line], limit: int) -> None:
        self._lines = lines
        self._limit = limit
        self._again: list[Line] = []
        self.taken: list[Line] = []
        self.size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.taken.append(line)
        self.size += line.length
        if self.size > self._limit:
            raise _TooLongError
        return line.text

    def take(self) -> list[Line]:
        """The lines of the record that is now complete."""
        taken, self.taken, self.size = self.taken, [], 0
        return taken

    def put_back(self, lines: list[Line]) -> None:
        """Give these lines out again."""
        self._again.extend(reversed(lines))


def records(reader: LineReader, dialect: CsvDialect, encoding: str, max_bytes: int) -> Iterator[Record]:
    """All records of a file, in order; a broken one costs its first line only, then reading goes on."""
    csv.field_size_limit(max_bytes)
    feed = _Feed(iter(reader), max_bytes)
    # A record in the terminator of old Macs reads like any other once its end is a line feed.
    facts = {"encoding": encoding, "limit": max_bytes}
    while True:
        try:
            for cells in dialect.reader(feed):
                yield _record(cells, feed.take(), dialect, facts)
            return
        except (csv.Error, _TooLongError) as problem:
            lines = feed.take()
            code = _code(problem, lines, max_bytes)
            kept = lines[:1] if len(lines) > 1 else lines
            feed.put_back(lines[len(kept) :])
            yield Record([], kept, _flaw(code, kept, facts))


def _record(cells: list[str], lines: list[Line], dialect: CsvDialect, facts: dict[str, object]) -> Record:
    code = next((line.flaw for line in lines if line.flaw), None)
    if code is None and dialect.wrapped and len(cells) == 1:
        try:
            cells = dialect.unwrap(cells[0])
        except csv.Error:
            code = "broken_quoting"
    if code:
        return Record([], lines, _flaw(code, lines, facts))
    return Record(cells, lines)


def _code(problem: Exception, lines: list[Line], limit: int) -> str:
    text = str(problem)
    if lines and lines[0].flaw:
        return lines[0].flaw
    if isinstance(problem, _TooLongError):
        return "unclosed_quote" if len(lines) > 1 else "record_too_long"
    if "field larger" in text:
        return "field_too_long"
    if "unexpected end of data" in text:
        return "unclosed_quote"
    if "new-line character" in text:
        return "stray_carriage_return"
    # The text after a "closing" quote shows that the quote opened on an earlier line was never closed.
    return "unclosed_quote" if len(lines) > 1 else "broken_quoting"


def _flaw(code: str, lines: list[Line], facts: dict[str, object]) -> Flaw:
    return Flaw(code, FLAWS[code].format(length=sum(line.length for line in lines), **facts))
