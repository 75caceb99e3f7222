"""Cells of a dataset as it lies in okr_raw.records: text, read as what it should be."""

from __future__ import annotations

from dataclasses import dataclass

from great_expectations.expectations.expectation import Expectation

from quality.suites.asset import Asset
from quality.suites.limits import DUPLICATE_SHARE, MOSTLY
from quality.suites.rules import CRITICAL, WARNING, Bound

__all__ = ["Cell", "Dataset"]

# Postgres takes more than ISO 8601 for a time ("yesterday", "infinity", day-first dates), and before 16
# it cannot be asked whether it would take a text: so the pattern lets nothing pass that a cast refuses.
DAY = (
    "([12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))|([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)-02-29)"
)
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
ZONE = "( ?(Z|z|[-+](0[0-9]|1[0-4])(:?[0-5][0-9])?))?"
PATTERNS = {
    "number": "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,3})?$",
    "date": f"^{DAY}([T ]{CLOCK}{ZONE})?$",
    "time": f"^{DAY}[T ]{CLOCK}{ZONE}$",
}
TYPES = {"number": "numeric", "date": "date", "time": "timestamp with time zone"}
NOUNS = {"number": "a number", "date": "a date YYYY-MM-DD", "time": "an ISO 8601 time"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a dataset: how its text is read, whether it may be empty, and which values make sense.

    `kind` is text, number, date or time; `low` and `high` are inclusive and in the column's own unit.
    """

    name: str
    kind: str = "text"
    required: bool = False
    low: Bound = None
    high: Bound = None
    allowed: tuple[str, ...] = ()

    def projection(self) -> list[str]:
        """Select expressions: the value, and for a typed cell the text that could not be read."""
        text = f"nullif(btrim(records.cells ->> '{self.name}'), '')"
        if self.kind == "text":
            return [f"{text} as {self.name}"]
        kind = TYPES[self.kind]
        readable = f"({text} ~ '{PATTERNS[self.kind]}')"
        return [
            f"case when {readable} then cast({text} as {kind}) end as {self.name}",
            f"case when not {readable} then {text} end as {self.name}_unreadable",
        ]

    def expectations(self) -> list[Expectation]:
        """What the cell's declaration promises, as expectations on the projected columns."""
        rules = []
        if self.kind != "text":
            words = f"{NOUNS[self.kind]} in {MOSTLY:.0%} of rows"
            rules.append(CRITICAL.none(f"{self.name}_unreadable", words, known_as=self.name, mostly=MOSTLY))
        if self.required:
            rules.append(CRITICAL.filled(self.name, MOSTLY))
        if self.low is not None or self.high is not None:
            rules.append(CRITICAL.between(self.name, self.low, self.high, mostly=MOSTLY))
        if self.allowed:
            rules.append(WARNING.one_of(self.name, self.allowed, MOSTLY))
        return rules


# A file that people reclassified may have cells under other names than those its dataset knows.
RECORDS = """(
    select
        raw.file_id,
        case when named.cell_names is null then raw.cells else (
            select jsonb_object_agg(pairs.pair ->> 1, raw.cells -> (pairs.pair ->> 0))
            from jsonb_array_elements(named.cell_names) pairs (pair)
        ) end as cells
    from okr_raw.records raw
    inner join okr_raw.files named on raw.file_id = named.file_id
) records"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table of a source system: its cells, and which of them together name one version of one thing.

    A snapshot repeats every id in each file, so `within_file` makes the file part of the version.
    """

    name: str
    version: tuple[str, ...]
    cells: tuple[Cell, ...]
    within_file: bool = False

    def asset(self) -> Asset:
        """The dataset's published rows with typed cells, and what is expected of them."""
        rules = [rule for cell in self.cells for rule in cell.expectations()]
        words = f"at most {DUPLICATE_SHARE:.0%} repeated rows"
        rules.append(
            WARNING.mostly_unique("version", 1 - DUPLICATE_SHARE, words, known_as=", ".join(self.version))
        )
        return Asset(self.name, f"raw.{self.name.replace('.', '_')}", self._query(), rules)

    def _query(self) -> str:
        columns = [expression for cell in self.cells for expression in cell.projection()]
        parts = [f"coalesce(records.cells ->> '{name}', '')" for name in self.version]
        if self.within_file:
            parts.insert(0, "records.file_id")
        columns.append(" || ' ' || ".join(["files.source_instance", *parts]) + " as version")
        return (
            "select\n    " + ",\n    ".join(columns) + f"\nfrom {RECORDS}\n"
            "inner join okr_raw.files on records.file_id = files.file_id\n"
            f"where files.dataset = '{self.name}' and files.status = 'loaded'"
        )
