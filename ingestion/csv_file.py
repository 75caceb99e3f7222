"""One CSV file: what it is (encoding, dialect, header, dataset) and its rows, rejects and skipped lines."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.csv_dialect import CsvDialect, detect_dialect
from ingestion.csv_lines import LineReader
from ingestion.csv_records import Flaw, Record, records
from ingestion.datasets import Catalogue, Recognition, unique_names
from ingestion.encoding import Encoding, Utf8Check, detect_encoding, not_text

__all__ = [
    "CsvFile",
    "Fingerprint",
    "Row",
    "Tally",
    "fingerprint",
    "inspect",
    "judge",
    "line_reader",
    "rows",
    "stamp",
]

HEAD_BYTES = 262_144
HEADER_SEARCH = 40
TOTAL_WORDS = frozenset({"total", "totals", "grand total", "sum", "overall total"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Content of a file and the stamp it had: (size, mtime_ns, inode)."""

    sha256: str
    size: int
    stamp: tuple[int, int, int]
    head: bytes
    encoding: Encoding | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class CsvFile:
    """How to read a file, and what its header says. Without encoding or header `reason` says why.

    `header` is unique names as the file gives them; `names` those of its cells (see Dataset.cell_name).
    """

    path: Path
    encoding: Encoding | None
    dialect: CsvDialect
    header_line: int | None
    header: tuple[str, ...]
    names: tuple[str, ...]
    recognition: Recognition
    reason: str | None = None
    first_cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One record after the header; `flaw` says why it can't be loaded."""

    number: int
    record: Record
    flaw: Flaw | None


@dataclass(slots=True)
class Tally:
    """Counts of one file; rows_read = loaded + rejected + the sum of skipped."""

    loaded: int = 0
    rejected: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """All records but the header itself."""
        return self.loaded + self.rejected + sum(self.skipped.values())

    def skip(self, kind: str) -> None:
        """Count one skipped record."""
        self.skipped[kind] = self.skipped.get(kind, 0) + 1

    def copy(self) -> Tally:
        """The counts as they are now."""
        return Tally(self.loaded, self.rejected, dict(self.skipped))


def stamp(status: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written: size, mtime in nanoseconds, inode."""
    return (status.st_size, status.st_mtime_ns, status.st_ino)


def fingerprint(path: Path) -> Fingerprint:
    """Digest all bytes of a file and find its encoding on the way. Raises OSError."""
    digest, check, head = hashlib.sha256(), Utf8Check(), b""
    with path.open("rb") as stream:
        before = stamp(os.fstat(stream.fileno()))
        while chunk := stream.read(1 << 20):
            head = head or chunk[:HEAD_BYTES]
            digest.update(chunk)
            check.update(chunk)
        check.finish()
        size = stream.tell()
    refusal = not_text(head) if head else "empty: there is not even a header"
    encoding = None if refusal else detect_encoding(head, check)
    return Fingerprint(digest.hexdigest(), size, before, head, encoding, refusal)


def inspect(path: Path, found: Fingerprint, catalogue: Catalogue) -> CsvFile:
    """Dialect, header and dataset of a file whose fingerprint was taken."""
    nothing = Recognition(None)
    if found.encoding is None:
        return CsvFile(
            path,
            None,
            CsvDialect(),
            None,
            (),
            (),
            nothing,
            "its encoding was not recognised: save it as UTF-8",
        )
    head = found.head[found.encoding.mark_length :]
    text = head.decode(found.encoding.name, "replace")
    if len(found.head) < found.size and (cut := max(text.rfind("\n"), text.rfind("\r"))) > 0:
        text = text[: cut + 1]
    dialect = detect_dialect(text)
    found_records = _head_records(text, dialect)
    line, header = _find_header(found_records, catalogue)
    if line is None:
        return CsvFile(path, found.encoding, dialect, None, (), (), nothing, "no header was found")
    names = unique_names(header)
    recognition = catalogue.recognise(names)
    dataset = recognition.dataset
    cells = tuple(dataset.cell_name(name) for name in names) if dataset else tuple(names)
    first = next(
        (tuple(cells) for begin, cells in found_records if begin > line and len(cells) == len(names)), ()
    )
    return CsvFile(
        path, found.encoding, dialect, line, tuple(names), cells, recognition, recognition.reason, first
    )


def rows(file: CsvFile, reader: LineReader, tally: Tally, max_bytes: int) -> Iterator[Row]:
    """Rows and rejects of a file, numbered from 1 after the header; `tally` counts them, and skipped ones."""
    if file.encoding is None or file.header_line is None:
        return
    number, seen_header = 0, False
    width = len(file.names)
    for record in records(reader, file.dialect, file.encoding.name, max_bytes):
        if not seen_header:
            seen_header = record.line_number >= file.header_line
            if not seen_header:
                tally.skip(_kind(record, width) or "preamble")
            continue
        number += 1
        flaw = judge(record, width)
        if isinstance(flaw, str):
            tally.skip(flaw)
            continue
        if flaw:
            tally.rejected += 1
        else:
            tally.loaded += 1
        yield Row(number, record, flaw)


def judge(record: Record, width: int) -> Flaw | str | None:
    """Why a record is no row of a table of that width: its flaw, or the kind under which it is skipped."""
    return record.flaw or _kind(record, width) or _ragged(record, width)


def line_reader(file: CsvFile, stream: object, max_bytes: int) -> LineReader:
    """A reader of the file's lines over an open binary stream."""
    encoding = file.encoding or Encoding("utf-8", 0)
    return LineReader(stream, encoding.name, encoding.mark_length, file.dialect.terminator, max_bytes)  # type: ignore[arg-type]


def _find_header(found: list[tuple[int, list[str]]], catalogue: Catalogue) -> tuple[int | None, list[str]]:
    """Line and cells of the header: a known one near the top, else the first record as wide as most."""
    for line, cells in found[:HEADER_SEARCH]:
        if len(cells) > 1 and catalogue.recognise(unique_names(cells)).dataset:
            return line, cells
    wide = max((len([cell for cell in cells if cell.strip()]) for _, cells in found), default=0)
    for line, cells in found:
        filled = len([cell for cell in cells if cell.strip()])
        is_comment = cells and cells[0].startswith("#") and len(cells) < wide
        if filled and not is_comment and (filled > 1 or wide < 2):
            return line, cells
    return None, []


def _head_records(text: str, dialect: CsvDialect) -> list[tuple[int, list[str]]]:
    lines = iter(text.splitlines(keepends=True) if dialect.terminator == "\r" else text.split("\n"))
    ended = (line if dialect.terminator == "\r" else line + "\n" for line in lines)
    reader = csv.reader(
        ended,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=dialect.skip_initial_space,
    )
    found: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for cells in reader:
            inner = dialect.unwrap(cells[0]) if dialect.wrapped and len(cells) == 1 else cells
            found.append((begin, inner))
            begin = reader.line_num + 1
            if len(found) >= 200:
                break
    except csv.Error:
        # What lies behind is judged record by record when the file is read.
        return found
    return found


def _kind(record: Record, width: int) -> str | None:
    """Kind of a record that is no data: blank, comment or total."""
    cells = record.cells
    if record.flaw:
        return None
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return "blank"
    if len(cells) != width and record.lines[0].text.lstrip().startswith("#"):
        return "comment"
    is_total = cells[0].strip().rstrip(":").casefold() in TOTAL_WORDS if cells else False
    if is_total and width > 2 and len(filled) <= (width + 1) / 2:
        return "total"
    return None


def _ragged(record: Record, width: int) -> Flaw | None:
    count = len(record.cells)
    if count == width:
        return None
    code = "too_few_cells" if count < width else "too_many_cells"
    return Flaw(code, f"{count} cells, the header has {width}")
