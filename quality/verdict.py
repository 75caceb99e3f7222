"""From single findings to one word: passed, warned or failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Finding", "Verdict"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one expectation said about one asset.

    `observed` is what was seen, in words; `problem` is a plain phrase for the verdict, where there is one
    that says more than column and numbers.
    """

    asset: str
    expectation: str
    column: str | None
    severity: str
    is_met: bool
    expected: str
    observed: str
    problem: str | None = None

    @property
    def is_critical(self) -> bool:
        """Whether the door closes when this one is not met."""
        return self.severity == "critical"

    def line(self) -> str:
        """One line for people: asset, column, observed, expected."""
        where = f"{self.asset}, {self.column}" if self.column else self.asset
        return f"{self.severity}: {where}: observed {self.observed}; expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings of one check of a door."""

    door: str
    validation_id: str
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> str:
        """`failed` with a critical finding not met, `warned` with any other, else `passed`."""
        if any(self.unmet(critical=True)):
            return "failed"
        return "warned" if any(self.unmet(critical=False)) else "passed"

    def unmet(self, *, critical: bool) -> Iterable[Finding]:
        """Findings not met, of one severity class."""
        return (
            finding for finding in self.findings if not finding.is_met and finding.is_critical == critical
        )

    def sentence(self) -> str:
        """The outcome and, where it is not `passed`, the first reason and how many more there are."""
        reasons = [*self.unmet(critical=True), *self.unmet(critical=False)]
        if not reasons:
            return f"passed: {len(self.findings)} expectations met"
        first = reasons[0]
        said = first.problem or f"{first.column or first.asset} {first.observed}"
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        return f"{self.outcome}: {said}{more}"
