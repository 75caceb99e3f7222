"""Shows what a load would do with each file, touching neither Kafka nor the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingestion.csv_file import CsvFile, Fingerprint, Tally, fingerprint, inspect, line_reader, rows
from ingestion.csv_source import CsvSourceConnector
from ingestion.datasets import load_catalogue
from ingestion.discovery import Found, discover, places
from ingestion.error_budget import over_budget
from ingestion.snapshot_date import snapshot_date

__all__ = ["look", "show"]

SHOWN = 3
SHOWN_REJECTS = 10
Tell = Callable[[Mapping[str, Any]], None]


def show(source: Mapping[str, Any], tell: Tell) -> None:
    """Tell about every path that would be looked at."""
    config = CsvSourceConnector({"name": "dry-run", **source}).config
    totals = {
        "files": 0,
        "ignored": 0,
        "rows_read": 0,
        "rows_loaded": 0,
        "rows_rejected": 0,
        "rows_skipped": 0,
    }
    for found in discover(
        places(Path(config["input.path"]), [Path(path) for path in config["input.paths"]]),
        config["known.at"] or None,
    ):
        facts = look(found, config)
        totals["ignored" if facts["outcome"] == "ignored" else "files"] += 1
        for name in ("rows_read", "rows_loaded", "rows_rejected", "rows_skipped"):
            totals[name] += facts.get(name, 0)
        tell({"event": "message", "stage": "load", "text": _text(facts), **facts})
    text = f"{totals['files']} files and {totals['ignored']} ignored: nothing was loaded (--dry-run)"
    tell(
        {"event": "done", "stage": "load", "done": 0, "total": None, "text": text, "dry_run": True, **totals}
    )


def look(found: Found, config: Mapping[str, Any]) -> dict[str, Any]:
    """What would become of one path."""
    if found.ignored:
        return {"path": found.name, "outcome": "ignored", "reason": found.ignored}
    try:
        print_ = fingerprint(found.path)
        if print_.refusal:
            return {"path": found.name, "outcome": "ignored", "reason": print_.refusal}
        file = inspect(found.path, print_, load_catalogue())
        return _read(found, print_, file, config)
    except OSError as problem:
        return {
            "path": found.name,
            "outcome": "ignored",
            "reason": f"can't be read: {problem.strerror or problem}",
        }


def _read(found: Found, print_: Fingerprint, file: CsvFile, config: Mapping[str, Any]) -> dict[str, Any]:
    tally = Tally()
    actions = _Actions(file)
    first: list[dict[str, str]] = []
    rejected: list[dict[str, Any]] = []
    limit = config["record.max.bytes"]
    with found.path.open("rb") as stream:
        for item in rows(file, line_reader(file, stream, limit), tally, limit):
            if item.flaw and len(rejected) < SHOWN_REJECTS:
                where = {"row_number": item.number, "line_number": item.record.line_number}
                rejected.append({**where, "reason_code": item.flaw.code, "reason": item.flaw.reason})
            if not item.flaw:
                actions.take(item.record.cells)
                if len(first) < SHOWN:
                    first.append(dict(zip(file.names, item.record.cells, strict=True)))
    held = over_budget(tally, config)
    on, source = snapshot_date(found, print_, file, config["as.of"])
    return {
        "path": found.name,
        "instance": found.instance,
        "outcome": "failed" if file.header_line is None else "held" if held else "loaded",
        "reason": "; ".join(filter(None, [held, file.reason])) or None,
        "encoding": file.encoding.name if file.encoding else None,
        "dialect": file.dialect.as_dict(),
        "dataset": file.recognition.name,
        "dataset_kind": file.recognition.dataset.kind if file.recognition.dataset else None,
        "nearest_dataset": file.recognition.nearest,
        "missing_columns": file.recognition.missing,
        "snapshot_date": on.isoformat(),
        "snapshot_date_source": source,
        "known_at_basis": found.known_at_basis,
        "header": list(file.header),
        "rows_read": tally.read,
        "rows_loaded": tally.loaded,
        "rows_rejected": tally.rejected,
        "rows_skipped": sum(tally.skipped.values()),
        "skipped_by_kind": tally.skipped,
        "actions": dict(actions.counts),
        "first_rows": first,
        "first_rejects": rejected,
    }


class _Actions:
    """Counts what the rows of a change set do; a word that is not known counts as itself."""

    def __init__(self, file: CsvFile) -> None:
        self._dataset = file.recognition.dataset
        self._index = self._dataset.column_index(file.header, self._dataset.action) if self._dataset else None
        self.counts: Counter[str] = Counter()

    def take(self, cells: Sequence[str]) -> None:
        """One row."""
        if self._dataset and self._index is not None:
            word = cells[self._index].strip()
            self.counts[self._dataset.actions.get(word.lower(), f"not known: {word!r}")] += 1


def _text(facts: Mapping[str, Any]) -> str:
    if facts["outcome"] == "ignored":
        return f"{facts['path']}\n  ignored: {facts['reason']}"
    lines = [
        facts["path"],
        f"  {facts['encoding']}, {_dialect_text(facts['dialect'])}; dataset {facts['dataset']}"
        + (f" ({facts['reason']})" if facts["reason"] else ""),
    ]
    if facts["dataset_kind"] == "snapshot":
        lines.append(f"  a state of things as of {facts['snapshot_date']} ({facts['snapshot_date_source']})")
    if facts["actions"]:
        counts = (f"{count} {action}" for action, count in sorted(facts["actions"].items()))
        lines.append(f"  a change set: {', '.join(counts)}")
    lines += [
        f"  would be {facts['outcome']}: {facts['rows_read']} rows read = {facts['rows_loaded']} loaded + "
        f"{facts['rows_rejected']} rejected + {facts['rows_skipped']} skipped",
    ]
    lines += [f"  row: {row}" for row in facts["first_rows"]]
    lines += [f"  reject: line {entry['line_number']}: {entry['reason']}" for entry in facts["first_rejects"]]
    return "\n".join(lines)


def _dialect_text(dialect: Mapping[str, Any]) -> str:
    text = f"separator {dialect['delimiter']!r}, quote {dialect['quote']}"
    text += f", escape {dialect['escape']}" if dialect["escape"] else ""
    text += ", line end CR" if dialect["terminator"] == "\r" else ""
    return text + (", each line wrapped in quotes" if dialect["wrapped"] else "")
