"""Objectives and key results as they are planned, before anything happens to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from stack.sample.clock import moment
from stack.sample.cycles import Quarter
from stack.sample.organisation import Person, Team, Unit
from stack.sample.templates import KeyResultTemplate, Theme

__all__ = ["KeyResult", "Objective", "number"]


@dataclass(eq=False)
class Objective:
    """An objective of a team in a quarter."""

    objective_id: str
    unit: Unit
    team: Team
    quarter: Quarter
    theme: Theme
    owner: Person
    parent: Objective | None
    created_at: datetime
    closed_at: datetime | None
    """When the tool was told that the cycle is over; some teams never do."""
    key_results: list[KeyResult] = field(default_factory=list)

    def closing_time(self) -> datetime:
        """When the team went through its results: the recorded close, else ten days after the end at noon."""
        return self.closed_at or moment(self.quarter.end + timedelta(days=10), 12 * 60, self.unit.zone)


@dataclass(eq=False)
class KeyResult:
    """A key result of an objective with the numbers it was planned with."""

    key_result_id: str
    objective: Objective
    template: KeyResultTemplate
    title: str
    owner: Person
    start: float
    target: float
    """Metrics: value to reach; controls: the bound (range: the lower one)."""
    upper: float
    """Upper bound of a range; elsewhere the same as the target."""
    weight: int | None
    commitment: str
    priority: int | None
    created_at: datetime
    drafted: bool
    predecessor: KeyResult | None
    replaced_on: date | None = None
    """Day on which another owner took over, where that was recorded."""
    replaced_by: Person | None = None

    @property
    def kind(self) -> str:
        """The kind of the template."""
        return self.template.kind

    @property
    def is_control(self) -> bool:
        """Whether the key result keeps a level instead of reaching one."""
        return self.kind in ("maintain_at_least", "stay_at_most", "range")

    @property
    def threshold(self) -> float:
        """Score from which the key result counts as attained; unknown commitments as aspirations."""
        return 1.0 if self.commitment == "committed" else 0.7

    def author(self, day: date) -> Person:
        """Who owns it on that day, as far as recorded."""
        if self.replaced_by and self.replaced_on and day >= self.replaced_on:
            return self.replaced_by
        return self.owner


def number(value: float, decimals: int) -> str:
    """A value with exactly so many decimals, and no minus before zero."""
    return f"{value + 0.0:.{decimals}f}"
