"""The pace rule, shown where nothing can be learned yet: progress against the share of time gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ml import fingerprint
from ml.decisions import MODEL_NAME
from ml.parameters import Parameters

__all__ = ["NO_VERSION", "forecast_rows", "say_pace"]

NO_VERSION = "none"
GRACE = 0.1
BEHIND, AT_RISK = 0.165, 0.33


def say_pace(row: Mapping[str, Any]) -> str:
    """The linear pace rule in words, with Engagedly's limits: 16.5 and 33 points behind the time gone."""
    elapsed, progress = row.get("elapsed"), row.get("progress")
    if elapsed is None or pd.isna(elapsed):
        return "no pace: its cycle has no dates"
    if progress is None or pd.isna(progress):
        return f"no progress reported with {elapsed:.0%} of the cycle gone"
    gap = elapsed - progress
    if progress >= 1:
        word = "achieved"
    elif elapsed < GRACE:
        word = "too early to say"
    else:
        word = "on track" if gap < BEHIND else "behind" if gap <= AT_RISK else "at risk"
    return f"{progress:.0%} done with {elapsed:.0%} of the cycle gone: {word}"


def forecast_rows(rows: pd.DataFrame, known: Parameters) -> list[dict[str, Any]]:
    """Rows of okr_ml.forecasts without a probability: the reason names the pace."""
    found = []
    for row in rows.to_dict("records"):
        features = fingerprint.feature_row(row, known.features)
        gap = (
            None
            if features["elapsed"] is None or features["progress"] is None
            else row["elapsed"] - row["progress"]
        )
        found.append(
            {
                "key_result_key": row["key_result_key"],
                "as_of_date": row["as_of_date"].date(),
                "model_name": MODEL_NAME,
                "model_version": NO_VERSION,
                "feature_fingerprint": fingerprint.of_row(features),
                "forecaster": "pace_rule",
                "is_baseline": 1,
                "has_enough_labels": 0,
                "attainment_probability": None,
                "probability_low": None,
                "probability_high": None,
                "interval_level": None,
                "typical_log_odds": None,
                "reasons": [
                    {
                        "theme": "pace",
                        "feature": "pace_gap",
                        "value": None if gap is None else round(gap, 6),
                        "effect": None,
                        "text": f"not enough graded history; {say_pace(row)}",
                    }
                ],
                "features": features,
            }
        )
    return found
