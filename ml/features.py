"""Features and labels as dbt made them, read as role `ml`: rows to learn from and rows to forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa

from ml.errors import FeatureError
from ml.parameters import Parameters

__all__ = ["CHECKPOINTS", "GradedHistory", "read_graded_history", "read_open_rows"]

SCHEMA = "okr_curated"
FEATURES = "ml_key_result_features"
LABELS = "ml_key_result_labels"
CHECKPOINTS = ("25", "50", "75")
IDENTITY = (
    "key_result_key", "objective_key", "cycle_key", "lineage_key", "as_of_date", "checkpoint", "is_open",
    "cycle_start_date", "cycle_end_date",
)  # fmt: skip
LABEL = ("key_result_key", "attained", "label_available_at")
DATES = ("as_of_date", "cycle_start_date", "cycle_end_date", "label_available_at")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GradedHistory:
    """What may be learned from on a date.

    `rows` has one row per key result and checkpoint: identity, features, `attained` (0/1) and
    `label_available_at`. `asked` and `labelled` count key results of ended cycles with and without
    a label (their ratio is the selection rate); `left_out` counts rows by the reason they are not used.
    """

    rows: pd.DataFrame
    asked: int
    labelled: int
    left_out: dict[str, int]

    @property
    def selection_rate(self) -> float | None:
        """Share of key results of ended cycles that were ever graded; None when none was asked about."""
        return self.labelled / self.asked if self.asked else None


def read_graded_history(engine: sa.Engine, parameters: Parameters, as_of: date) -> GradedHistory:
    """Rows at the checkpoints whose label was recorded before the day `as_of`.

    Left out, and counted: labels recorded on or after that day; rows made when the label was already
    known; rows of key results closed as known then; rows without cycle dates.
    Raises FeatureError naming a table or column that does not exist.
    """
    rows = _read(engine, parameters, sa.column("checkpoint").in_(CHECKPOINTS))
    labels = _read_labels(engine)
    day = pd.Timestamp(as_of)
    ended = rows[rows["cycle_end_date"] < day]
    known = labels.loc[labels["label_available_at"] < day, "key_result_key"]
    rows = rows.merge(labels, on="key_result_key", how="inner", validate="many_to_one")
    reasons = {
        "label not recorded yet": ~(rows["label_available_at"] < day),
        "label known already": rows["label_available_at"] < rows["as_of_date"] + pd.Timedelta(days=1),
        "closed as known then": rows["is_open"] != 1,
        "cycle without dates": rows["cycle_start_date"].isna() | rows["cycle_end_date"].isna(),
    }
    used = pd.Series(True, index=rows.index)
    left_out = {}
    for reason, mask in reasons.items():
        left_out[reason] = int((used & mask).sum())
        used &= ~mask
    return GradedHistory(
        rows=rows[used].sort_values(["as_of_date", "key_result_key"], kind="stable").reset_index(drop=True),
        asked=int(ended["key_result_key"].nunique()),
        labelled=int(ended.loc[ended["key_result_key"].isin(known), "key_result_key"].nunique()),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def read_open_rows(engine: sa.Engine, parameters: Parameters, as_of: date) -> pd.DataFrame:
    """The newest row of every key result that was open on the newest feature date up to `as_of`.

    One row per key result: that of the as-of checkpoint, else of the last week.
    """
    column: sa.ColumnClause[date] = sa.column("as_of_date")
    table = sa.table(FEATURES, schema=SCHEMA)
    _columns(engine, FEATURES, [*IDENTITY, *parameters.features])
    wanted = sa.column("checkpoint").in_(("as_of", "week")) & (column <= as_of)
    with engine.connect() as connection:
        newest = connection.scalar(sa.select(sa.func.max(column)).select_from(table).where(wanted))
    if newest is None:
        return _read(engine, parameters, sa.false())
    newest = pd.Timestamp(newest).date()
    rows = _read(engine, parameters, wanted & (column > newest - pd.Timedelta(days=7)))
    rows = rows.sort_values(["as_of_date", "checkpoint"], ascending=[False, True], kind="stable")
    latest = rows.drop_duplicates("key_result_key")
    return latest[latest["is_open"] == 1].sort_values("key_result_key").reset_index(drop=True)


def _read(engine: sa.Engine, parameters: Parameters, condition: sa.ColumnElement[bool]) -> pd.DataFrame:
    names = [*IDENTITY, *parameters.features]
    _columns(engine, FEATURES, names)
    query = sa.select(sa.table(FEATURES, *map(sa.column, names), schema=SCHEMA)).where(condition)
    with engine.connect() as connection:
        frame = pd.read_sql(query, connection)
    _unique(frame, ["key_result_key", "as_of_date", "checkpoint"], FEATURES)
    return _cast(frame, parameters)


def _read_labels(engine: sa.Engine) -> pd.DataFrame:
    _columns(engine, LABELS, LABEL)
    query = sa.select(sa.table(LABELS, *map(sa.column, LABEL), schema=SCHEMA))
    with engine.connect() as connection:
        labels = pd.read_sql(query.where(sa.column("attained").is_not(None)), connection)
    _unique(labels, ["key_result_key"], LABELS)
    labels["label_available_at"] = pd.to_datetime(labels["label_available_at"]).astype("datetime64[us]")
    labels["attained"] = pd.to_numeric(labels["attained"]).astype(int)
    if strange := sorted(set(labels["attained"]) - {0, 1}):
        raise FeatureError(f"{SCHEMA}.{LABELS}.attained holds {strange[0]}; 0 and 1 are allowed")
    return labels


def _cast(frame: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Numbers to float64 (a column of nothing too), words to text with one for nothing, dates to times."""
    for name in parameters.numeric:
        try:
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
        except (TypeError, ValueError) as problem:
            raise FeatureError(f"{SCHEMA}.{FEATURES}.{name} must hold numbers: {problem}") from problem
    for name in parameters.categorical:
        words = frame[name].astype(object)
        frame[name] = words.where(words.notna(), UNKNOWN).astype(str).astype(object)
    for name in DATES:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame["lineage_key"] = frame["lineage_key"].fillna(frame["key_result_key"])
    return frame


def _columns(engine: sa.Engine, table: str, wanted: Sequence[str]) -> None:
    inspector = sa.inspect(engine)
    if not (inspector.has_table(table, schema=SCHEMA) or table in inspector.get_view_names(schema=SCHEMA)):
        raise FeatureError(f"{SCHEMA}.{table} does not exist: run `dbt build` first")
    found = {column["name"] for column in inspector.get_columns(table, schema=SCHEMA)}
    if missing := [name for name in wanted if name not in found]:
        raise FeatureError(f"{SCHEMA}.{table} lacks {', '.join(missing)}, which ml/parameters.yml names")


def _unique(frame: pd.DataFrame, key: list[str], table: str) -> None:
    twice = frame[frame.duplicated(key)]
    if len(twice):
        first = ", ".join(str(twice.iloc[0][name]) for name in key)
        raise FeatureError(f"{SCHEMA}.{table} holds {first} more than once; {', '.join(key)} must be unique")
