"""Files of a sample organisation: a folder per business unit, states once, history by quarter."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from stack.sample.cycles import Quarter
from stack.sample.organisation import Unit
from stack.sample.records import COLUMNS, Row, yes_or_no

__all__ = ["write_history", "write_states"]

DECLARATION = """\
# This folder is a backfill: its rows count as known from the moment the tool recorded them.
known_at: recorded
"""


def write_states(folder: Path, unit: Unit, quarters: list[Quarter], known: datetime) -> dict[str, int]:
    """Write instance.yml, cycles, teams and people of a unit as they stand; returns rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yml").write_text(DECLARATION, encoding="utf-8", newline="\n")
    years = sorted({quarter.year for quarter in quarters})
    cycles: list[tuple[str, ...]] = [
        (str(year), str(year), "annual", f"{year}-01-01", f"{year}-12-31", "") for year in years
    ]
    cycles += [
        (one.cycle_id, one.name, "quarterly", one.start.isoformat(), one.end.isoformat(), str(one.year))
        for one in quarters
    ]
    teams: list[tuple[str, ...]] = [
        (team.team_id, team.name, team.level, team.parent.team_id if team.parent else "")
        for team in unit.teams
    ]
    people: list[tuple[str, ...]] = [
        (one.person_id, one.name, one.email, team.team_id, yes_or_no(one.works_on(known.date())))
        for team in unit.teams
        for one in team.people
        if one.joined < known.date()
    ]
    return {
        f"{table}.csv": _write(folder / f"{table}.csv", table, rows)
        for table, rows in (("cycles", cycles), ("teams", teams), ("people", people))
    }


def write_history(
    folder: Path, quarter: Quarter, tables: dict[str, list[Row]], known: datetime
) -> dict[str, int]:
    """Write what was recorded about a quarter before `known`, a file per table, oldest record first."""
    counts = {}
    for table, rows in tables.items():
        kept = sorted((row for row in rows if row[0] < known), key=lambda row: row[0])
        if kept:
            name = f"{table}_{quarter.cycle_id}.csv"
            counts[name] = _write(folder / name, table, [cells for _, cells in kept])
    return counts


def _write(path: Path, table: str, rows: list[tuple[str, ...]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS[table])
        writer.writerows(rows)
    return len(rows)
