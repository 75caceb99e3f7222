"""Scoring: a forecast for every open key result, with an interval and reasons; it is never changed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from ml import decisions, fingerprint, pace, parameters
from ml.appointed import Appointed
from ml.decisions import MODEL_NAME
from ml.errors import RegistryError
from ml.events import Reporter
from ml.features import read_open_rows
from ml.forecasts import insert_new
from ml.parameters import Parameters
from ml.reasons import contributions, strongest
from ml.refits import interval
from settings import Role, Settings

if TYPE_CHECKING:
    from ml.registry import Registry

__all__ = ["forecast_rows", "recompute", "score"]

STAGE = "score"
SHOWN = 5


def score(settings: Settings, reporter: Reporter, as_of: date | None = None) -> None:
    """Forecast all open key results by the champion, and add what is new to okr_ml.forecasts."""
    day = as_of or settings.resolved_as_of()
    known = parameters.load()
    engine = sa.create_engine(settings.postgres.sqlalchemy_url(Role.ML))
    reporter.start(STAGE, f"Forecasting what is open on {day}.")
    rows = read_open_rows(engine, known, day)
    last = decisions.last(engine)
    champion = None
    if last is not None and last.model_version is not None:
        champion = _registry(settings).champion()
        if champion is None:
            raise RegistryError(
                f"the registry has no champion, though version {last.model_version} was appointed: "
                "train again with `python -m ml train --force`"
            )
    forecasts = forecast_rows(champion, rows, known) if champion else pace.forecast_rows(rows, known)
    added = insert_new(engine, forecasts)
    _tell(reporter, champion, forecasts, rows, added, day)


def forecast_rows(champion: Appointed, rows: pd.DataFrame, known: Parameters) -> list[dict[str, Any]]:
    """Rows of okr_ml.forecasts. One past the end of its cycle waits for its grade: no probability."""
    _has_columns(champion, known)
    ended = rows["cycle_end_date"] < rows["as_of_date"]
    waiting = [_waiting(champion, row, known) for row in rows[ended].to_dict("records")]
    running = rows[~ended].reset_index(drop=True)
    if running.empty:
        return waiting
    forecaster = champion.forecaster
    chance = forecaster.forecast(champion.fitted, running)
    low, high = interval(forecaster, champion.fitted, champion.refits, running, chance, champion.level)
    start, effects = contributions(forecaster, champion.fitted, running, champion.typical, known)
    found = []
    for place, row in enumerate(running.to_dict("records")):
        found.append(
            _identity(champion, row, known)
            | {
                "attainment_probability": round(float(chance[place]), 6),
                "probability_low": round(float(low[place]), 6),
                "probability_high": round(float(high[place]), 6),
                "interval_level": champion.level,
                "typical_log_odds": round(start, 6),
                "reasons": strongest(effects.iloc[place], row, known),
            }
        )
    return found + waiting


def recompute(
    champion: Appointed, features: Mapping[str, Any], known: Parameters
) -> tuple[float, float, float]:
    """Probability and interval of a stored forecast, from its model version and its stored feature row."""
    row = pd.DataFrame([features])
    for name in known.numeric:
        if name in row:
            row[name] = row[name].astype("float64")
    chance = champion.forecaster.forecast(champion.fitted, row)
    low, high = interval(champion.forecaster, champion.fitted, champion.refits, row, chance, champion.level)
    return float(chance[0]), float(low[0]), float(high[0])


def _identity(champion: Appointed, row: Mapping[str, Any], known: Parameters) -> dict[str, Any]:
    features = fingerprint.feature_row(row, known.features)
    return {
        "key_result_key": row["key_result_key"],
        "as_of_date": row["as_of_date"].date(),
        "model_name": MODEL_NAME,
        "model_version": champion.version,
        "feature_fingerprint": fingerprint.of_row(features),
        "forecaster": champion.forecaster.name,
        "is_baseline": int(champion.forecaster.is_baseline),
        "has_enough_labels": 1,
        "features": features,
    }


def _waiting(champion: Appointed, row: Mapping[str, Any], known: Parameters) -> dict[str, Any]:
    text = f"its cycle ended {row['cycle_end_date']:%Y-%m-%d}: it waits for its grade, not for a forecast"
    return _identity(champion, row, known) | {
        "attainment_probability": None,
        "probability_low": None,
        "probability_high": None,
        "interval_level": None,
        "typical_log_odds": None,
        "reasons": [{"theme": "cycle", "feature": "elapsed", "value": None, "effect": None, "text": text}],
    }


def _has_columns(champion: Appointed, known: Parameters) -> None:
    if missing := [name for name in champion.forecaster.columns if name not in known.features]:
        raise RegistryError(
            f"champion version {champion.version} was given {', '.join(missing)}, which ml/parameters.yml no "
            "longer lists: add it again, or train and promote another"
        )


def _tell(  # noqa: PLR0913, PLR0917 - all that is told
    reporter: Reporter,
    champion: Appointed | None,
    forecasts: list[dict[str, Any]],
    rows: pd.DataFrame,
    added: int,
    day: date,
) -> None:
    scored = [one for one in forecasts if one["attainment_probability"] is not None]
    risky = sorted(scored, key=lambda one: (one["attainment_probability"], one["key_result_key"]))[:SHOWN]
    for one in risky:
        level = f"{one['probability_low']:.0%} to {one['probability_high']:.0%}"
        why = "; ".join(reason["text"] for reason in one["reasons"])
        reporter.message(
            STAGE, f"  {one['key_result_key']}  {one['attainment_probability']:.0%} ({level}): {why}"
        )
    if champion is None:
        by = "the pace rule, for there is not enough graded history to forecast from"
    else:
        kind = "baseline" if champion.forecaster.is_baseline else "model"
        by = f"the {kind} {champion.forecaster.title} (version {champion.version}); {champion.skill}"
    as_of = day if rows.empty else rows["as_of_date"].max().date()
    reporter.done(
        STAGE,
        f"{len(forecasts)} open key results as of {as_of}, {added} forecasts added, by {by}.",
        open=len(forecasts),
        scored=len(scored),
        waiting_for_grade=int((rows["cycle_end_date"] < rows["as_of_date"]).sum()),
        added=added,
        as_of=as_of,
        champion=champion.forecaster.name if champion else "pace_rule",
        is_baseline=champion.forecaster.is_baseline if champion else True,
        model_version=champion.version if champion else None,
        has_enough_labels=champion is not None,
        skill=champion.skill if champion else None,
        most_likely_missed=[_short(one) for one in risky],
    )


def _short(forecast: Mapping[str, Any]) -> dict[str, Any]:
    names = ("key_result_key", "attainment_probability", "probability_low", "probability_high", "reasons")
    return {name: forecast[name] for name in names}


def _registry(settings: Settings) -> Registry:
    registry: Registry = importlib.import_module("ml.registry").Registry(settings)
    return registry
