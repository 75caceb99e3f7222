"""Local times of a business unit, and how they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

__all__ = ["end_of_knowledge", "moment", "office_time", "written"]


def end_of_knowledge(as_of: date) -> datetime:
    """Midnight (UTC) at which the as-of date begins: what is recorded later is not exported yet."""
    return datetime.combine(as_of, time(), UTC)


def moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A local day and minute of the day as a point in time."""
    return datetime.combine(day, time(), zone) + timedelta(minutes=minute)


def office_time(rng: np.random.Generator, day: date, zone: ZoneInfo) -> datetime:
    """Some second between 8 and 18 o'clock of a local day."""
    return moment(day, 8 * 60, zone) + timedelta(seconds=int(rng.integers(10 * 3600)))


def written(when: datetime) -> str:
    """ISO 8601 with offset, to the second."""
    return when.isoformat(timespec="seconds")
