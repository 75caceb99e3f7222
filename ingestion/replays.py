"""Rejected rows that come again: each is a record once, its reject is resolved, its file speaks anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ingestion.dialect import Database
from ingestion.publishing import Act, announce

__all__ = ["RECORDS", "Replay", "write_replays"]

RECORDS = {
    "file_id": "varchar",
    "row_number": "int8",
    "line_number": "int8",
    "cells": "jsonb",
    "topic_partition": "int4",
    "topic_offset": "int8",
}
OPEN = """
    select f.status, f.dataset_kind from okr_raw.rejects r inner join okr_raw.files f on f.file_id = r.file_id
    where r.file_id = :file_id and r.row_number = :row_number and r.resolved_at is null
      and f.status in ('loaded', 'held')
"""
# What is published of a file now: arrivals since it was last retracted.
STANDING = """
    select p.arrival_id from okr_raw.publications p
    where p.file_id = :file_id and p.action = 'publish'
      and not exists (
          select 1 from okr_raw.publications r
          where r.file_id = p.file_id and r.action = 'retract' and r.publish_seq > p.publish_seq
      )
    group by p.arrival_id order by min(p.publish_seq)
"""
RESOLVE = """
    update okr_raw.rejects
    set resolved_at = current_timestamp, resolution = :resolution, publish_seq = :publish_seq
    where file_id = :file_id and row_number = :row_number
"""
COUNT = """
    update okr_raw.files set rows_loaded = rows_loaded + :rows, rows_rejected = rows_rejected - :rows
    where file_id = :file_id
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """A row of okr_raw.records (in the order of RECORDS), and how it could be read."""

    row: tuple[Any, ...]
    resolution: str

    @property
    def file_id(self) -> str:
        """Its file."""
        return str(self.row[0])

    @property
    def row_number(self) -> int:
        """Its number within the file."""
        return int(self.row[1])


def write_replays(database: Database, replays: Sequence[Replay]) -> int:
    """Write those whose reject is still open; returns how many. Needs the lock of publications."""
    if not replays:
        return 0
    # Asked for twice, the first one counts.
    first = {(replay.file_id, replay.row_number): replay for replay in reversed(replays)}
    taken = 0
    for file_id, of_file in groupby(sorted(first), key=lambda key: key[0]):
        mine = [first[key] for key in of_file]
        states = {replay.row_number: _state(database, replay) for replay in mine}
        wanted = [replay for replay in mine if states[replay.row_number]]
        if wanted:
            _write(database, file_id, wanted, *next(state for state in states.values() if state))
            taken += len(wanted)
    return taken


def _state(database: Database, replay: Replay) -> tuple[str, str] | None:
    found = database.query(OPEN, {"file_id": replay.file_id, "row_number": replay.row_number})
    return (found[0][0], found[0][1] or "append") if found else None


def _write(database: Database, file_id: str, replays: Sequence[Replay], status: str, kind: str) -> None:
    database.bulk_insert("okr_raw.records", RECORDS, [replay.row for replay in replays])
    database.execute(COUNT, {"file_id": file_id, "rows": len(replays)})
    seq = None
    if status == "loaded":
        arrivals = [arrival for (arrival,) in database.query(STANDING, {"file_id": file_id})]
        # A state is a whole: it is said again, for each day it was said of. An event happens once.
        acts = [Act(arrival, file_id, "replay") for arrival in arrivals[0 if kind == "snapshot" else -1 :]]
        seq = announce(database, acts)[0]
    database.execute_many(
        RESOLVE,
        [
            {
                "file_id": file_id,
                "row_number": replay.row_number,
                "resolution": replay.resolution,
                "publish_seq": seq,
            }
            for replay in replays
        ],
    )
