"""The gate: may a challenger take the champion's place? One word and one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.calibration import Calibration
from ml.leakage import Check
from ml.parameters import Judging
from ml.resampling import Estimate

__all__ = ["Evidence", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gate looks at.

    `against` holds, by title of each baseline and of the champion, the challenger's Brier score less theirs
    on the same rows: better means below 0, shown means the whole interval lies below 0.
    """

    against: Mapping[str, Estimate]
    calibration: Calibration
    checks: Sequence[Check]
    test_cycles: int
    key_results: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the challenger passed, and every criterion it did not meet, in words."""

    passed: bool
    failures: tuple[str, ...]
    closest: str

    def sentence(self, challenger: str) -> str:
        """Why, in one sentence without its end."""
        if self.passed:
            return f"{challenger} passed the gate: {self.closest}"
        return f"{challenger} did not pass the gate: {'; '.join(self.failures)}"


def judge(evidence: Evidence, judging: Judging) -> Verdict:
    """Better than all, shown by intervals that exclude 0; calibrated; no leakage check failed."""
    unbeaten = {title: gap for title, gap in evidence.against.items() if not gap.high < 0}
    failures = [_leak(check) for check in evidence.checks if not check.passed]
    if unbeaten:
        failures.append(_unbeaten(unbeaten, judging.level))
    calibration = evidence.calibration
    if not calibration.is_good(judging.maximum_mean_error, judging.slope_between):
        low, high = judging.slope_between
        failures.append(
            f"it is not calibrated (mean error {calibration.mean_error.value:+.3f}, allowed "
            f"{judging.maximum_mean_error}; slope {calibration.slope.value:.2f}, allowed {low} to {high})"
        )
    return Verdict(passed=not failures, failures=tuple(failures), closest=_closest(evidence, judging.level))


def _leak(check: Check) -> str:
    return f"the leakage check '{check.name}' failed ({check.seen})"


def _unbeaten(unbeaten: Mapping[str, Estimate], level: float) -> str:
    title, gap = max(unbeaten.items(), key=lambda item: item[1].value)
    others = len(unbeaten) - 1
    more = f", nor than {others} other{'s' if others > 1 else ''}" if others else ""
    return f"it is not shown to be better than {title}{more} (Brier score {_interval(gap, level)})"


def _closest(evidence: Evidence, level: float) -> str:
    where = f"on {evidence.key_results} key results of {evidence.test_cycles} cycles it never saw"
    if not evidence.against:
        return where
    title, gap = max(evidence.against.items(), key=lambda item: item[1].value)
    count = len(evidence.against)
    better = f"it is better than all {count} rivals, the closest being {title}"
    return f"{where} {better} (Brier score {_interval(gap, level)})"


def _interval(gap: Estimate, level: float) -> str:
    return f"{gap.value:+.4f}, {level:.0%} interval {gap.low:+.4f} to {gap.high:+.4f}"
