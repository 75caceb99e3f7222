"""Quarters and the years above them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Quarter", "quarters_until"]


@dataclass(frozen=True)
class Quarter:
    """A calendar quarter."""

    year: int
    number: int

    @property
    def cycle_id(self) -> str:
        """The id as exported: 2026-q4."""
        return f"{self.year}-q{self.number}"

    @property
    def name(self) -> str:
        """The name as people say it: Q4 2026."""
        return f"Q{self.number} {self.year}"

    @property
    def ordinal(self) -> int:
        """Counts quarters since year 0; also seeds what is drawn for this quarter."""
        return self.year * 4 + self.number - 1

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> date:
        """Last day."""
        return self.following.start - timedelta(days=1)

    @property
    def days(self) -> int:
        """Length, first and last day included."""
        return (self.end - self.start).days + 1

    @property
    def following(self) -> Quarter:
        """The quarter after this one."""
        return self.of_ordinal(self.ordinal + 1)

    @staticmethod
    def of_ordinal(ordinal: int) -> Quarter:
        """The quarter with this ordinal."""
        return Quarter(ordinal // 4, ordinal % 4 + 1)


def quarters_until(as_of: date, closed: int) -> list[Quarter]:
    """So many closed quarters and the one that runs on the as-of date, oldest first."""
    running = Quarter(as_of.year, (as_of.month - 1) // 3 + 1)
    return [Quarter.of_ordinal(running.ordinal - back) for back in range(closed, -1, -1)]
