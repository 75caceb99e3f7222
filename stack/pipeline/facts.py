"""What a run leads to, read from the warehouse: the screen and `--json` show exactly this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

import settings
from settings import Role
from stack.pipeline.stage import Result, Verdict

__all__ = ["collect"]

MISSED_SHOWN = 5
UNREADABLE_SHOWN = 5
FILES = """
select count(*) as files,
       count(*) filter (where dataset = 'unknown' and status <> 'failed') as unknown,
       count(*) filter (where status = 'loaded') as loaded,
       coalesce(sum(rows_read), 0)::bigint as rows_read,
       coalesce(sum(rows_loaded), 0)::bigint as rows_loaded,
       coalesce(sum(rows_rejected), 0)::bigint as rows_rejected,
       coalesce(sum(rows_skipped), 0)::bigint as rows_skipped,
       (select count(*) from okr_raw.ignored_files) as ignored
from okr_raw.files
"""
TROUBLED_FILES = """
select path, status, dataset, nearest_dataset, reason
from okr_raw.files
where status in ('held', 'failed') or dataset = 'unknown'
order by status, path
"""
UNREADABLE_CELLS = """
select path, line_number, column_name, cell_text, reason, count(*) over () as found
from okr_curated.rpt_unreadable_cells
order by path, line_number, column_name
limit %s
"""
LAST_DECISION = """
select decision, champion, model_name, model_version, is_baseline, reason, training_id, decided_at::text
from okr_ml.promotions order by promotion_id desc limit 1
"""
EVALUATIONS = """
select forecaster, is_baseline, cycles_tested, labels_tested, brier_score, brier_score_low, brier_score_high,
       brier_skill, log_loss, roc_auc
from okr_ml.evaluations where training_id = %s order by is_baseline desc, brier_score desc
"""
NEWEST_EVALUATION = "select training_id from okr_ml.evaluations order by evaluated_at desc limit 1"
MOST_LIKELY_MISSED = """
select key_result_key, key_result_title, objective_title, team_name, owner_name, cycle_name, cycle_end_date,
       forecast_basis, attainment_probability, probability_low, probability_high, reasons,
       progress, elapsed, pace_gap, pace_zone, last_check_in_date
from okr_curated.rpt_key_result_forecasts
where forecast_as_of_date = %s
order by risk_order
limit %s
"""
SCORED = """
select count(*) as scored, min(has_enough_labels)::int as has_enough_labels, min(forecaster) as forecaster,
       min(as_of_date)::text as as_of
from okr_ml.forecasts where as_of_date = %s
"""


def collect(config: settings.Settings, results: dict[str, Result], run: dict[str, Any]) -> dict[str, Any]:
    """Facts of a run: `run` says what was asked for, the rest is what the stages and the tables say.

    Parts that do not exist yet, because a stage did not get that far, are None.
    """
    failed = any(result.verdict is not Verdict.DONE for result in results.values())
    facts: dict[str, Any] = {
        **run,
        "outcome": "failed" if failed else "done",
        "sample_written": bool(_of(results, "sample").get("sample_written")),
        "loaded_now": _of(results, "load"),
        "files": None,
        "troubled_files": [],
        "unreadable_cells": [],
        "warehouse": _builds(results),
        "quality": {door: _door(results.get(f"quality_{door}")) for door in ("raw", "model")},
        "forecast": None,
        "most_likely_missed": [],
        "stages": [_stage(result) for result in results.values()],
        "connect": config.postgres.public_address(Role.ANALYST),
    }
    if results["services"].verdict is Verdict.DONE:
        with _connection(config) as connection:
            facts["files"] = _rows(connection, FILES)[0]
            facts["troubled_files"] = _rows(connection, TROUBLED_FILES)
            if _is_built(connection, "rpt_unreadable_cells"):
                facts["unreadable_cells"] = _rows(connection, UNREADABLE_CELLS, UNREADABLE_SHOWN)
            facts["forecast"] = _forecast(connection, results, run["as_of"])
            facts["most_likely_missed"] = _missed(connection, run["as_of"])
    return facts


@contextmanager
def _connection(config: settings.Settings) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(
        config.postgres.conninfo(Role.ADMIN), row_factory=dict_row, autocommit=True
    ) as connection:
        yield connection


def _rows(
    connection: psycopg.Connection[dict[str, Any]], query: str, *values: object
) -> list[dict[str, Any]]:
    rows = connection.execute(query.encode(), values).fetchall()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Numbers as JSON knows them, dates as text."""
    if hasattr(value, "as_tuple"):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _of(results: dict[str, Result], stage: str) -> dict[str, Any]:
    return results[stage].facts if stage in results else {}


def _stage(result: Result) -> dict[str, Any]:
    return {
        "stage": result.stage,
        "outcome": result.verdict.value,
        "seconds": round(result.seconds, 1),
        "text": result.text,
    }


def _told(result: Result) -> str:
    """What a stage said, after its verdict where that is not good."""
    return result.text if result.verdict is Verdict.DONE else f"{result.verdict.value}: {result.text}"


def _builds(results: dict[str, Result]) -> dict[str, Any] | None:
    """Models and tests of both builds together."""
    parts = [facts for stage in ("transform", "forecast") if (facts := _of(results, stage))]
    if not parts:
        return None
    total: dict[str, Any] = {
        name: sum(part[name] for part in parts) for name in ("models", "tests", "failed", "warned", "skipped")
    }
    troubles = ("failures", "warnings")
    return {**total, **{name: [trouble for part in parts for trouble in part[name]] for name in troubles}}


def _door(result: Result | None) -> dict[str, Any]:
    if result is None or result.verdict is Verdict.NOT_RUN:
        return {"verdict": "not run", "text": _told(result) if result else "not run"}
    return {"verdict": result.facts.get("verdict", "error"), "text": result.text, **result.facts}


def _forecast(
    connection: psycopg.Connection[dict[str, Any]], results: dict[str, Result], as_of: str
) -> dict[str, Any]:
    decision = next(iter(_rows(connection, LAST_DECISION)), None)
    newest = _rows(connection, NEWEST_EVALUATION)
    scored = _rows(connection, SCORED, as_of)[0]
    return {
        "champion": decision,
        "training": _told(results["train"]),
        "reason": _of(results, "train").get("reason") or (decision and decision["reason"]),
        "scoring": _told(results["score"]),
        "evaluations": _rows(connection, EVALUATIONS, newest[0]["training_id"]) if newest else [],
        **scored,
    }


def _is_built(connection: psycopg.Connection[dict[str, Any]], report: str) -> bool:
    found = _rows(connection, "select to_regclass(%s)::text as report", f"okr_curated.{report}")
    return found[0]["report"] is not None


def _missed(connection: psycopg.Connection[dict[str, Any]], as_of: str) -> list[dict[str, Any]]:
    """What was forecast for the day, most likely to be missed first; none where the report does not exist."""
    if not _is_built(connection, "rpt_key_result_forecasts"):
        return []
    rows = _rows(connection, MOST_LIKELY_MISSED, as_of, MISSED_SHOWN)
    for row in rows:
        row["reasons"] = orjson.loads(row["reasons"]) if isinstance(row["reasons"], str) else row["reasons"]
    return rows
