"""The sample organisation in its two settings, read back as tables, and what was known of it at a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stack.sample import SampleOptions, write
from stack.sample.statuses import VOCABULARIES

AS_OF = date(2026, 11, 23)
NEGATIONS = r"\b(?:no|not|never|nothing|nobody|can't|won't|don't|without|blocked)\b"
CONTROLS = ("maintain_at_least", "stay_at_most", "range")
NUMBERS = (
    "start_value",
    "target_value",
    "lower_bound",
    "upper_bound",
    "weight",
    "value",
    "confidence",
    "score",
)


@dataclass
class Written:
    """A written sample organisation."""

    folder: Path
    as_of: date

    def table(self, name: str) -> pd.DataFrame:
        """All files of a table as one; ids made unique over the instances, numbers and times cast."""
        parts = []
        for path in sorted(self.folder.glob(f"*/{name}*.csv")):
            part = pd.read_csv(path, dtype=str, keep_default_na=False)
            part["instance"] = path.parent.name
            parts.append(part)
        table = pd.concat(parts, ignore_index=True)
        for column in ("key_result_id", "objective_id", "team_id", "check_in_id"):
            if column in table:
                table[column] = table.instance + "/" + table[column]
        for column in NUMBERS:
            if column in table:
                table[column] = pd.to_numeric(table[column].replace("", np.nan))
        if "recorded_at" in table:
            table["recorded"] = pd.to_datetime(table.recorded_at, utc=True)
        return table

    @cached_property
    def cycles(self) -> pd.DataFrame:
        cycles = self.table("cycles").query("cadence == 'quarterly'").drop_duplicates("cycle_id")
        cycles["start"], cycles["end"] = pd.to_datetime(cycles.start_date), pd.to_datetime(cycles.end_date)
        return cycles.set_index("cycle_id")

    @cached_property
    def closed_cycles(self) -> list[str]:
        return list(self.cycles.index[self.cycles.end < pd.Timestamp(self.as_of)])

    @cached_property
    def objectives(self) -> pd.DataFrame:
        return self.table("objectives").sort_values("recorded").groupby("objective_id").first()

    @cached_property
    def versions(self) -> pd.DataFrame:
        """All versions of key results, with cycle and team."""
        versions = self.table("key_results")
        versions["effective"] = pd.to_datetime(versions.effective_date)
        return versions.join(
            self.objectives[["cycle_id", "team_id", "parent_objective_id"]], on="objective_id"
        )

    @cached_property
    def key_results(self) -> pd.DataFrame:
        """Last version of every key result of a closed cycle."""
        last = self.versions.sort_values("recorded", kind="stable").groupby("key_result_id").last()
        return last[last.cycle_id.isin(self.closed_cycles)]

    @cached_property
    def check_ins(self) -> pd.DataFrame:
        check_ins = self.table("check_ins")
        check_ins["day"] = pd.to_datetime(check_ins.check_in_date)
        check_ins["negations"] = check_ins.comment.str.lower().str.count(NEGATIONS)
        severity = {
            (tool, word): place
            for tool, (words, _, _) in VOCABULARIES.items()
            for place, word in enumerate(words)
        }
        pairs = zip(check_ins.status_vocabulary, check_ins.status, strict=True)
        check_ins["severity"] = [severity.get(pair, np.nan) for pair in pairs]
        return check_ins

    @cached_property
    def grades(self) -> pd.DataFrame:
        """The last grade of every key result that was neither dropped nor carried over."""
        last = self.table("scores").sort_values("recorded", kind="stable").groupby("key_result_id").last()
        grades = last[~last.outcome.isin(["dropped", "carried_forward"]) & last.score.notna()].copy()
        grades = grades.join(self.key_results[["commitment", "cycle_id", "team_id", "objective_id"]])
        bar = grades.commitment.map({"committed": 1.0, "aspirational": 0.7})
        grades["attained"] = (grades.score >= bar).astype(float).where(bar.notna())
        grades["clamped"] = grades.score.clip(upper=1)
        return grades

    def latest_check_ins(self, before: pd.Timestamp | None = None) -> pd.DataFrame:
        """Check-ins as they stood before a point in time (or now), deleted ones and duplicates left out."""
        known = self.check_ins if before is None else self.check_ins[self.check_ins.recorded < before]
        known = known.sort_values("recorded", kind="stable").drop_duplicates("check_in_id", keep="last")
        known = known[known.is_deleted == "false"]
        known = known.drop_duplicates(["key_result_id", "check_in_date", "value", "author_email"])
        return known.sort_values(["day", "recorded"], kind="stable")

    def at(self, share: float) -> pd.DataFrame:
        """What was known of every key result after this share of its cycle; grades joined as labels."""
        return pd.concat([self._at(name, share) for name in self.closed_cycles], ignore_index=True)

    def _at(self, cycle: str, share: float) -> pd.DataFrame:
        start, end = self.cycles.start[cycle], self.cycles.end[cycle]
        day = start + pd.Timedelta(days=round(((end - start).days + 1) * share) - 1)
        cut = (day + pd.Timedelta(days=1)).tz_localize("UTC")
        held = self.versions.query("cycle_id == @cycle and recorded < @cut and effective <= @day")
        held = held.sort_values(["effective", "recorded"], kind="stable").groupby("key_result_id")
        moved = held.target_value.nunique() - 1
        rows = held.last().query("lifecycle == 'active'").copy()
        rows["target_changes"] = moved
        known = self.latest_check_ins(cut)
        known = known[known.key_result_id.isin(rows.index) & (known.day <= day)].copy()
        known["progress"] = progress(
            rows.loc[known.key_result_id].reset_index(drop=True), known.value.to_numpy()
        )
        _add_history(rows, known, day, share)
        _add_people(rows, self.grades[self.grades.recorded < cut])
        rows["cycle"], rows["cut"] = cycle, cut
        grades = self.grades[["score", "clamped", "attained", "recorded"]]
        return rows.drop(columns="recorded").join(grades).reset_index()


def progress(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Share of the way; levels to keep are 0 while broken and unknown before the close otherwise."""
    share = (values - rows.start_value) / (rows.target_value - rows.start_value)
    broken = (values < rows.lower_bound) | (values > rows.upper_bound)
    return np.where(rows.kind.isin(CONTROLS), np.where(broken, 0.0, np.nan), share)


def _add_history(rows: pd.DataFrame, known: pd.DataFrame, day: pd.Timestamp, share: float) -> None:
    by_key_result = known.groupby("key_result_id")
    rows["progress_raw"] = by_key_result.progress.last()
    rows["progress"] = rows.progress_raw.clip(0, 1)
    rows["pace_gap"] = share - rows.progress
    rows["confidence"] = by_key_result.confidence.last() / 10
    rows["confidence_change"] = by_key_result.confidence.apply(
        lambda said: said.iloc[-1] - said.iloc[-3:].iloc[0]
    )
    rows["severity"] = by_key_result.severity.last()
    rows["check_ins"] = by_key_result.size().reindex(rows.index).fillna(0)
    rows["days_since"] = (day - by_key_result.day.max()).dt.days
    rows["slope"] = by_key_result.progress.apply(lambda done: done.iloc[-1] - done.iloc[-3:].iloc[0])
    rows["volatility"] = by_key_result.progress.apply(lambda done: done.diff().std())
    rows["negations"] = by_key_result.negations.sum()
    rows["negations_last"] = by_key_result.negations.last()


def _add_people(rows: pd.DataFrame, graded: pd.DataFrame) -> None:
    """Priority, commitment and the team's record so far, shrunk to the mean."""
    rows["priority_rank"] = rows.priority.map({"P0": 0, "P1": 1, "P2": 2, "P3": 3})
    rows["is_committed"] = (rows.commitment == "committed").astype(int)
    for kind in ("metric", "binary", "milestone", *CONTROLS):
        rows[f"is_{kind}"] = (rows.kind == kind).astype(int)
    mean = graded.attained.mean() if len(graded) else 0.5
    record = graded.groupby("team_id").attained.agg(["sum", "count"])
    rows["team_record"] = rows.team_id.map((record["sum"] + 8 * mean) / (record["count"] + 8)).fillna(mean)
    rows["team_labels"] = rows.team_id.map(record["count"]).fillna(0)


@pytest.fixture(scope="session")
def with_signal(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("with_signal")
    write(folder, AS_OF)
    return Written(folder, AS_OF)


@pytest.fixture(scope="session")
def without_signal(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("without_signal")
    write(folder, AS_OF, options=SampleOptions(signal=False))
    return Written(folder, AS_OF)
