"""What reality does to check-ins: late, back-dated, edited, duplicate, deleted, mistyped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from stack.sample.check_ins import CheckIn
from stack.sample.clock import office_time
from stack.sample.comments import MENDED
from stack.sample.paths import CLOSE
from stack.sample.stories import Story

__all__ = ["make_a_mess"]

LATE = 0.22
BACK_DATED = 0.02
EDITED = 0.04
DUPLICATE = 0.016
REPEATED = 0.004
DELETED = 0.006
MISTYPED = 0.008


def make_a_mess(rng: np.random.Generator, story: Story, check_ins: list[CheckIn]) -> list[CheckIn]:
    """All versions of the check-ins as the tool recorded them, in no particular order."""
    versions: list[CheckIn] = []
    for check_in in check_ins:
        dice = rng.random(7)
        closing = check_in.recorded_at.date() > check_in.day
        late = check_in if closing else _delayed(rng, story, check_in, float(dice[0]))
        first = _mistyped(rng, late) if dice[1] < MISTYPED else late
        versions.append(first)
        if first is not late or dice[2] < EDITED:
            versions.append(_edited(rng, late))
        if dice[3] < DUPLICATE:
            retried = first.recorded_at + timedelta(seconds=int(rng.integers(2, 40)))
            versions.append(replace(first, check_in_id=f"{first.check_in_id}b", recorded_at=retried))
        if dice[4] < REPEATED:
            versions.append(first)
        if dice[5] < DELETED:
            gone = versions[-1].recorded_at + timedelta(hours=float(rng.uniform(0.2, 50)))
            versions.append(replace(late, is_deleted=True, recorded_at=gone))
    return versions


def _delayed(rng: np.random.Generator, story: Story, check_in: CheckIn, die: float) -> CheckIn:
    """Typed in days later, or weeks later with the forecast of somebody who has seen more by then."""
    zone = check_in.key_result.objective.unit.zone
    if die < BACK_DATED:
        recorded = office_time(rng, check_in.day + timedelta(days=int(rng.integers(12, 75))), zone)
        later = sum(1 for day in story.days if day <= recorded.date()) - 1
        confidence = (
            None if check_in.confidence is None else round(10 * float(story.chances[min(later, CLOSE)]))
        )
        return replace(check_in, confidence=confidence, recorded_at=recorded)
    if die < BACK_DATED + LATE:
        days = 1 + int(rng.exponential(2.2))
        return replace(
            check_in, recorded_at=office_time(rng, check_in.day + timedelta(days=min(days, 11)), zone)
        )
    return check_in


def _mistyped(rng: np.random.Generator, check_in: CheckIn) -> CheckIn:
    """A slip of the decimal point."""
    if check_in.value is None or check_in.key_result.kind != "metric":
        return check_in
    return replace(check_in, value=check_in.value * (10 if rng.random() < 0.7 else 100))


def _edited(rng: np.random.Generator, check_in: CheckIn) -> CheckIn:
    """The same check-in again, with another comment, hours to a week later."""
    recorded = check_in.recorded_at + timedelta(
        hours=float(rng.uniform(0.3, 24 * 7) ** rng.uniform(0.4, 1.0))
    )
    return replace(check_in, comment=MENDED[int(rng.integers(len(MENDED)))], recorded_at=recorded)
