"""The business date of a snapshot: a state of things as of a day."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

from ingestion.csv_file import CsvFile, Fingerprint
from ingestion.discovery import Found

__all__ = ["snapshot_date"]


def snapshot_date(found: Found, print_: Fingerprint, file: CsvFile, as_of: str) -> tuple[date, str]:
    """Date of a state of things, and where it comes from: column, option, file name or file time."""
    dataset = file.recognition.dataset
    index = dataset.column_index(file.header, dataset.snapshot_date) if dataset else None
    if index is not None and index < len(file.first_cells):
        try:
            return date.fromisoformat(file.first_cells[index].strip()[:10]), "column"
        except ValueError:
            # Not a date after all: the next word counts.
            index = None
    if as_of:
        return date.fromisoformat(as_of), "option"
    for year, month, day in re.findall(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)", Path(found.name).name):
        try:
            return date(int(year), int(month), int(day)), "file name"
        except ValueError:
            continue
    return datetime.fromtimestamp(print_.stamp[1] / 1e9).astimezone().date(), "file time"
