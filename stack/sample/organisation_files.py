"""One call from a seed to the files of a sample organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from stack.sample.check_ins import as_row, honest_check_ins
from stack.sample.clock import end_of_knowledge
from stack.sample.cycles import Quarter, quarters_until
from stack.sample.files import write_history, write_states
from stack.sample.goals import Objective
from stack.sample.grades import grade_stories
from stack.sample.lifecycles import key_result_versions, objective_versions
from stack.sample.mess import make_a_mess
from stack.sample.normal import normal_quantiles
from stack.sample.options import Behaviour, SampleOptions
from stack.sample.organisation import Unit, build_units
from stack.sample.planning import Carried, plan_unit
from stack.sample.records import Row
from stack.sample.stories import Story, tell_stories

__all__ = ["SampleSummary", "write"]

DEFAULT_SEED = 7
CYCLE_EFFECT = 0.27
"""Standard deviation of what a cycle adds to the reach of all its key results."""


@dataclass(frozen=True)
class SampleSummary:
    """What was written."""

    target: Path
    as_of: date
    seed: int
    signal: bool
    instances: tuple[str, ...]
    quarters: int
    """Quarters with rows, the running one included."""
    teams: int
    people: int
    objectives: int
    key_results: int
    files: int
    rows: int
    """Rows over all files, headers not counted."""
    rows_by_table: dict[str, int]


def write(
    target: Path, as_of: date, seed: int = DEFAULT_SEED, options: SampleOptions | None = None
) -> SampleSummary:
    """Write a sample organisation under `target`, as exported when the as-of date begins.

    The same seed, as-of date and options give the same bytes. Nothing in the files was recorded on the as-of
    date (UTC) or later. Existing files of the same name are replaced; anything else there is left alone.
    """
    options = options or SampleOptions()
    people, known = options.behaviour, end_of_knowledge(as_of)
    quarters = quarters_until(as_of, options.quarters)
    units = build_units(_stage(seed, 0), options.teams, quarters, people.team_bias, people.owner_bias)
    rows_by_file: dict[tuple[str, str], int] = {}
    for unit in units:
        counts = write_states(target / unit.instance, unit, quarters, known)
        rows_by_file |= {(unit.instance, name): rows for name, rows in counts.items()}
    planned = _write_quarters(target, units, quarters, (seed, options, known), rows_by_file)
    by_table: dict[str, int] = {}
    for (_, name), rows in rows_by_file.items():
        table = name.removesuffix(".csv").rpartition("_20")[0] or name.removesuffix(".csv")
        by_table[table] = by_table.get(table, 0) + rows
    return SampleSummary(
        target=target,
        as_of=as_of,
        seed=seed,
        signal=options.signal,
        instances=tuple(unit.instance for unit in units),
        quarters=len({name.rpartition("_")[2] for _, name in rows_by_file if "_20" in name}),
        teams=by_table["teams"],
        people=by_table["people"],
        objectives=planned[0],
        key_results=planned[1],
        files=len(rows_by_file),
        rows=sum(by_table.values()),
        rows_by_table=by_table,
    )


def _stage(seed: int, *key: int) -> np.random.Generator:
    """A generator of its own for every stage, so that a change in one does not shift the others."""
    return np.random.default_rng([seed, *key])


def _write_quarters(
    target: Path,
    units: list[Unit],
    quarters: list[Quarter],
    setting: tuple[int, SampleOptions, datetime],
    rows_by_file: dict[tuple[str, str], int],
) -> tuple[int, int]:
    """Live through the quarters, oldest first; returns the objectives and key results known in the end."""
    seed, options, known = setting
    effects = _stage(seed, 1).permutation(normal_quantiles(len(quarters))) * CYCLE_EFFECT
    quota = round(options.key_results / len(quarters))
    carried: list[Carried] = []
    objectives_known, key_results_known = 0, 0
    for quarter, effect in zip(quarters, effects, strict=True):
        objectives = _plan(_stage(seed, 2, quarter.ordinal), units, quarter, quota, carried)
        key_results = [one for objective in objectives for one in objective.key_results]
        stories = tell_stories(
            _stage(seed, 3, quarter.ordinal), key_results, float(effect), options.behaviour
        )
        carried = [(story.key_result, float(story.values[-1])) for story in stories if story.carried]
        rng = _stage(seed, 4, quarter.ordinal)
        for unit in units:
            mine = [story for story in stories if story.key_result.objective.unit is unit]
            tables = _tables(rng, [one for one in objectives if one.unit is unit], mine, options.behaviour)
            counts = write_history(target / unit.instance, quarter, tables, known)
            rows_by_file |= {(unit.instance, name): rows for name, rows in counts.items()}
        objectives_known += sum(objective.created_at < known for objective in objectives)
        key_results_known += sum(key_result.created_at < known for key_result in key_results)
    return objectives_known, key_results_known


def _plan(
    rng: np.random.Generator, units: list[Unit], quarter: Quarter, quota: int, carried: list[Carried]
) -> list[Objective]:
    team_count = sum(len(unit.teams) for unit in units)
    objectives: list[Objective] = []
    for unit in units:
        mine = [pair for pair in carried if pair[0].objective.unit is unit]
        objectives += plan_unit(rng, unit, quarter, round(quota * len(unit.teams) / team_count), mine)
    return objectives


def _tables(
    rng: np.random.Generator, objectives: list[Objective], stories: list[Story], people: Behaviour
) -> dict[str, list[Row]]:
    """Rows of one unit and quarter by table."""
    check_ins = [
        as_row(version)
        for story in stories
        for version in make_a_mess(rng, story, honest_check_ins(rng, story, people))
    ]
    scores: list[Row] = []
    for team in dict.fromkeys(objective.team for objective in objectives):
        scores += grade_stories(rng, [story for story in stories if story.key_result.objective.team is team])
    return {
        "objectives": [row for objective in objectives for row in objective_versions(objective)],
        "key_results": [row for story in stories for row in key_result_versions(rng, story)],
        "check_ins": check_ins,
        "scores": scores,
    }
