"""okr_ml.forecasts: rows are added once and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

__all__ = ["FORECASTS", "insert_new"]

KEY = ("key_result_key", "as_of_date", "model_name", "model_version", "feature_fingerprint")
PLAIN = (
    "forecaster", "is_baseline", "has_enough_labels", "attainment_probability", "probability_low",
    "probability_high", "interval_level", "typical_log_odds",
)  # fmt: skip
FORECASTS = sa.table(
    "forecasts",
    *map(sa.column, (*KEY, *PLAIN)),
    sa.column("reasons", sa.JSON),
    sa.column("features", sa.JSON),
    schema="okr_ml",
)


def insert_new(engine: sa.Engine, rows: Sequence[dict[str, Any]]) -> int:
    """Add the rows whose key is not there yet; gives how many."""
    if not rows:
        return 0
    with engine.begin() as connection:
        days = {row["as_of_date"] for row in rows}
        query = sa.select(*(FORECASTS.c[name] for name in KEY)).where(FORECASTS.c.as_of_date.in_(days))
        there = {tuple(row) for row in connection.execute(query)}
        new = [row for row in rows if tuple(row[name] for name in KEY) not in there]
        if new:
            connection.execute(sa.insert(FORECASTS), new)
    return len(new)
