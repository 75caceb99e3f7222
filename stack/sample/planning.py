"""Planning a quarter: which team sets itself what, carried-over key results first."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from stack.sample.catalogue import THEMES
from stack.sample.clock import office_time
from stack.sample.cycles import Quarter
from stack.sample.goals import KeyResult, Objective
from stack.sample.organisation import Team, Unit
from stack.sample.templates import KeyResultTemplate, Theme
from stack.sample.titles import Figures, draw_figures, title_of

__all__ = ["Carried", "plan_unit"]

Carried = tuple[KeyResult, float]
"""A key result to go on with, and the value it had reached."""

KEY_RESULTS_PER_OBJECTIVE = 2.6
PRIORITIES = (0.14, 0.36, 0.34, 0.16)
ALIGNED = {"company": 0.0, "department": 0.88, "team": 0.75}
COMMITMENTS = ("committed", "aspirational", "")
COMMITMENT_SHARES = {
    "retail": (0.38, 0.57, 0.05),
    "business": (0.34, 0.52, 0.14),
    "operations": (0.42, 0.46, 0.12),
}


def plan_unit(
    rng: np.random.Generator, unit: Unit, quarter: Quarter, quota: int, carried: list[Carried]
) -> list[Objective]:
    """The objectives of a unit's teams with about `quota` key results, those carried over included."""
    objectives: list[Objective] = []
    shares = rng.multinomial(
        max(quota - 2 * len(unit.teams), 0), np.full(len(unit.teams), 1 / len(unit.teams))
    )
    for team, share in zip(unit.teams, shares, strict=True):
        mine = [pair for pair in carried if pair[0].objective.team is team]
        wanted = int(share) + min(2, quota)
        for theme, size in _themes(rng, team, wanted, mine):
            objective = _objective(rng, (unit, team, quarter), theme, objectives)
            here = [pair for pair in mine if pair[0].objective.theme is theme]
            _fill(rng, objective, max(size, len(here)), here)
            mine = [pair for pair in mine if pair not in here]
            objectives.append(objective)
    return objectives


def _themes(
    rng: np.random.Generator, team: Team, wanted: int, carried: list[Carried]
) -> list[tuple[Theme, int]]:
    """The themes a team takes on and the number of key results under each, at most all its templates."""
    choice = list(THEMES[team.function])
    rng.shuffle(choice)
    kept = list(dict.fromkeys(key_result.objective.theme for key_result, _ in carried))
    choice = kept + [theme for theme in choice if theme not in kept]
    count = max(round(wanted / KEY_RESULTS_PER_OBJECTIVE), len(kept), 1)
    while len(choice) < count:
        choice = choice + choice
    sizes = rng.multinomial(max(wanted - count, 0), np.full(count, 1 / count)) + 1
    return [(theme, min(int(size), 7)) for theme, size in zip(choice[:count], sizes, strict=True)]


def _objective(
    rng: np.random.Generator, place: tuple[Unit, Team, Quarter], theme: Theme, earlier: list[Objective]
) -> Objective:
    unit, team, quarter = place
    above = [other for other in earlier if other.team is team.parent]
    aligned = above and rng.random() < ALIGNED[team.level]
    staff = team.staff(quarter.start)
    lag = int(np.clip(round(rng.normal(-6, 6)), -24, 16))
    never_closed = rng.random() < 0.08
    closing = quarter.end + timedelta(days=int(rng.integers(1, 16)))
    return Objective(
        objective_id=f"O-{quarter.year}Q{quarter.number}-{len(earlier) + 1:03d}",
        unit=unit,
        team=team,
        quarter=quarter,
        theme=theme,
        owner=staff[int(rng.integers(len(staff)))],
        parent=above[int(rng.integers(len(above)))] if aligned else None,
        created_at=office_time(rng, quarter.start + timedelta(days=lag), unit.zone),
        closed_at=None if never_closed else office_time(rng, closing, unit.zone),
    )


def _fill(rng: np.random.Generator, objective: Objective, size: int, carried: list[Carried]) -> None:
    """Put the carried key results and new ones under an objective."""
    used = {key_result.template.title for key_result, _ in carried}
    for key_result, value in carried:
        start = key_result.start if value == key_result.target else value
        figures = Figures(start, key_result.target, key_result.upper)
        _key_result(rng, objective, key_result.template, figures, key_result)
    fresh = [template for template in objective.theme.key_results if template.title not in used]
    for place in rng.permutation(len(fresh))[: max(size - len(carried), 0)]:
        template = fresh[int(place)]
        _key_result(rng, objective, template, draw_figures(rng, template), None)


def _key_result(
    rng: np.random.Generator,
    objective: Objective,
    template: KeyResultTemplate,
    figures: Figures,
    before: KeyResult | None,
) -> None:
    unit, quarter = objective.unit, objective.quarter
    staff = objective.team.staff(quarter.start)
    owner = (
        before.owner
        if before and before.owner.works_on(quarter.start)
        else staff[int(rng.integers(len(staff)))]
    )
    commitment = COMMITMENTS[int(rng.choice(3, p=COMMITMENT_SHARES[unit.instance]))]
    drafted = rng.random() < 0.15
    objective.key_results.append(
        KeyResult(
            key_result_id=f"KR-{objective.objective_id[2:]}-{len(objective.key_results) + 1}",
            objective=objective,
            template=template,
            title=before.title if before else title_of(template, figures),
            owner=owner,
            start=figures.start,
            target=figures.target,
            upper=figures.upper,
            weight=None if rng.random() < 0.25 else int(rng.choice((1, 1, 1, 2, 3))),
            commitment=commitment,
            priority=None if rng.random() < 0.06 else int(rng.choice(4, p=PRIORITIES)),
            created_at=_created(rng, objective, before),
            drafted=bool(drafted),
            predecessor=before,
        )
    )
    _replace_owner(rng, objective.key_results[-1])


def _created(rng: np.random.Generator, objective: Objective, before: KeyResult | None) -> datetime:
    """Soon after its objective, and never before the key result it goes on with was carried over."""
    created = objective.created_at + timedelta(seconds=int(rng.integers(60, 90_000)))
    if before is None:
        return created
    return max(created, before.objective.closing_time() + timedelta(seconds=int(rng.integers(60, 7_200))))


def _replace_owner(rng: np.random.Generator, key_result: KeyResult) -> None:
    """An owner who leaves in the quarter hands over in two of three cases, a few days late."""
    left, quarter = key_result.owner.left, key_result.objective.quarter
    if left is None or not quarter.start < left <= quarter.end or rng.random() > 0.67:
        return
    key_result.replaced_on = left + timedelta(days=int(rng.integers(0, 8)))
    others = [person for person in key_result.objective.team.staff(left) if person is not key_result.owner]
    if others:
        key_result.replaced_by = others[int(rng.integers(len(others)))]
