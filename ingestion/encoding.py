"""Which encoding a file is in, and whether it is text at all."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

__all__ = ["Encoding", "Utf8Check", "byte_order_mark", "detect_encoding", "not_text"]

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive (an Excel workbook, perhaps), not CSV: export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Office file, not CSV: export it as CSV"),
    (b"\x1f\x8b", "a gzip archive, not CSV: unpack it first"),
    (b"%PDF", "a PDF, not CSV"),
    (b"PAR1", "a Parquet file, not CSV"),
    (b"SQLite format 3", "a SQLite database, not CSV"),
    (b"\x89PNG", "a picture, not CSV"),
)
TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1a\x1b\x00")
# Encodings that spreadsheets really write; a free choice among all of them guesses wildly on short files.
CANDIDATES = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]
MAX_CONTROL_SHARE = 0.02


def byte_order_mark(head: bytes) -> tuple[str, int] | None:
    """Encoding and length of the byte order mark at the start, if there is one."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    return None


def not_text(head: bytes) -> str | None:
    """Why the first bytes can't be those of a text file; None if they can."""
    for signature, reason in SIGNATURES:
        if head.startswith(signature):
            return reason
    if byte_order_mark(head) or _utf_16_by_zeros(head):
        return None
    controls = sum(byte < 32 and byte not in TEXT_CONTROLS for byte in head)
    zeros = head.count(0)
    if controls > MAX_CONTROL_SHARE * len(head) or zeros > MAX_CONTROL_SHARE * len(head) + 1:
        return "binary data, not text"
    return None


class Utf8Check:
    """Watches the bytes of a whole file go by and counts lines that are, and are not, valid UTF-8."""

    def __init__(self) -> None:
        self._tail = b""
        self.good_lines = 0
        self.bad_lines = 0
        self.bad_sample = b""

    def update(self, chunk: bytes) -> None:
        """Look at the next bytes of the file."""
        if not self._tail and chunk.isascii():
            return
        text = self._tail + chunk
        cut = text.rfind(b"\n") + 1 or _character_boundary(text)
        self._tail = text[cut:]
        self._look(text[:cut])

    def finish(self) -> None:
        """Look at what the file ends with."""
        self._look(self._tail)
        self._tail = b""

    def _look(self, text: bytes) -> None:
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            for line in text.split(b"\n"):
                self._look_at_line(line)
        else:
            self.good_lines += 0 if text.isascii() else max(1, text.count(b"\n"))

    def _look_at_line(self, line: bytes) -> None:
        if line.isascii():
            return
        try:
            line.decode("utf-8")
            self.good_lines += 1
        except UnicodeDecodeError:
            self.bad_lines += 1
            if len(self.bad_sample) < 65_536:
                self.bad_sample += line[:4096] + b"\n"


@dataclass(frozen=True, slots=True)
class Encoding:
    """A detected encoding; `mark_length` bytes of byte order mark come before the text."""

    name: str
    mark_length: int


def detect_encoding(head: bytes, check: Utf8Check) -> Encoding | None:
    """The encoding of a file from its first bytes and the check of all of them; None if no one fits.

    UTF-8 wins when lines that are valid UTF-8 outnumber those that are not: the latter become rejects.
    """
    if mark := byte_order_mark(head):
        return Encoding(*mark)
    if wide := _utf_16_by_zeros(head):
        return Encoding(wide, 0)
    if check.bad_lines <= check.good_lines:
        return Encoding("utf-8", 0)
    best = from_bytes(check.bad_sample, cp_isolation=CANDIDATES, threshold=0.3).best()
    if best is None:
        return None
    return Encoding(_western_first(check.bad_sample, best.encoding), 0)


def _character_boundary(text: bytes) -> int:
    """End of the last UTF-8 character that is surely whole."""
    cut = len(text)
    while cut and text[cut - 1] & 0xC0 == 0x80:
        cut -= 1
    return cut - 1 if cut and text[cut - 1] >= 0xC0 else cut


def _western_first(sample: bytes, guess: str) -> str:
    """Windows-1252 where that gives letters and ordinary signs: short samples mislead the guess."""
    high = [byte for byte in sample if byte >= 0x80]
    try:
        letters = bytes(high).decode("cp1252")
    except UnicodeDecodeError:
        return guess
    ordinary = sum(letter.isalpha() or letter in "€“”‘’–—…•°§£«»¿¡©®" for letter in letters)
    is_sparse = len(high) < 0.35 * len(sample)
    return "cp1252" if is_sparse and ordinary >= 0.9 * len(letters) else guess


def _utf_16_by_zeros(head: bytes) -> str | None:
    """UTF-16 without a mark shows as zeros in every second byte."""
    sample = head[:4096]
    if len(sample) < 4:
        return None
    even, odd = sample[0::2].count(0) / (len(sample) / 2), sample[1::2].count(0) / (len(sample) / 2)
    if odd > 0.6 and even < 0.1:
        return "utf-16-le"
    if even > 0.6 and odd < 0.1:
        return "utf-16-be"
    return None
