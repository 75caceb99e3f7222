"""The physical lines of a file, with their byte offsets, in constant memory."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["Line", "LineReader"]

CHUNK = 1 << 20
KEPT_BYTES = 65_536


@dataclass(slots=True)
class Line:
    """One physical line: its text with the line end, and where its bytes lie.

    `raw` holds the line, or the beginning of one that is too long; `length` is the true one. `flaw` is the
    reason code of a line that can't be part of a record: undecodable_bytes, nul_byte, line_too_long.
    """

    number: int
    offset: int
    length: int
    raw: bytes
    text: str
    flaw: str | None = None


class LineReader:
    """Iterates the lines of a binary file and digests all its bytes on the way."""

    def __init__(
        self, stream: BinaryIO, encoding: str, skip_bytes: int, terminator: str, max_bytes: int
    ) -> None:
        self._stream = stream
        self._encoding = encoding
        self._skip = skip_bytes
        self._max = max_bytes
        self._kept = max(max_bytes + 1, KEPT_BYTES)
        self._unit = _code_unit(encoding)
        self._terminator = terminator.encode(encoding)
        self._digest = hashlib.sha256()
        self.bytes_read = 0

    def sha256(self) -> str:
        """Hex digest of the bytes read so far; of the whole file once the iteration has ended."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Line]:
        mark = self._read(self._skip)
        offset, number = len(mark), 1
        for raw, length in self._raw_lines():
            yield self._line(number, offset, length, raw)
            offset += length
            number += 1

    def _read(self, size: int) -> bytes:
        chunk = self._stream.read(size) if size else b""
        self._digest.update(chunk)
        self.bytes_read += len(chunk)
        return chunk

    def _raw_lines(self) -> Iterator[tuple[bytes, int]]:
        """Bytes of each line (cut where it is too long) and its true length."""
        tail, start, dropped = b"", b"", 0
        while chunk := self._read(CHUNK):
            pieces = self._split(tail + chunk)
            tail = pieces.pop()
            for piece in pieces:
                yield (start if dropped else piece[: self._kept]), len(piece) + dropped
                dropped = 0
            if len(tail) > self._kept:
                start = start if dropped else tail[: self._kept]
                # Whole code units go: a line end may still lie across two chunks.
                drop = (len(tail) - 4) // 4 * 4
                tail, dropped = tail[drop:], dropped + drop
        if tail or dropped:
            yield (start if dropped else tail), len(tail) + dropped

    def _split(self, data: bytes) -> list[bytes]:
        """Whole lines with their ends, and the rest."""
        end = self._terminator
        pieces = data.split(end)
        if self._unit == 1:
            return [piece + end for piece in pieces[:-1]] + [pieces[-1]]
        return _split_wide(data, end, self._unit)

    def _line(self, number: int, offset: int, length: int, raw: bytes) -> Line:
        flaw = "line_too_long" if length > self._max else None
        try:
            text = raw.decode(self._encoding)
        except UnicodeDecodeError:
            text = raw.decode(self._encoding, "surrogateescape" if self._unit == 1 else "replace")
            flaw = flaw or "undecodable_bytes"
        if "\0" in text:
            flaw = flaw or "nul_byte"
        return Line(number, offset, length, raw, text, flaw)


def _code_unit(encoding: str) -> int:
    """Bytes per code unit: line ends of wide encodings lie on whole units."""
    name = codecs.lookup(encoding).name
    return 4 if name.startswith("utf-32") else 2 if name.startswith("utf-16") else 1


def _split_wide(data: bytes, end: bytes, unit: int) -> list[bytes]:
    lines, start, search = [], 0, 0
    while (found := data.find(end, search)) >= 0:
        if found % unit:
            search = found + 1
            continue
        lines.append(data[start : found + len(end)])
        start = search = found + len(end)
    return [*lines, data[start:]]
