"""okr_ml.promotions and okr_ml.evaluations: who is champion since when, why, and against what."""

from __future__ import annotations

import getpass
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ml.calibration import Calibration
from ml.evaluation import Evaluation

__all__ = [
    "KEPT", "MODEL_NAME", "PROMOTED", "REFITTED", "ROLLED_BACK", "Decision", "evaluation_rows", "last",
    "on_inputs", "predecessor", "record",
]  # fmt: skip

MODEL_NAME = "okr_attainment"
PROMOTED, REFITTED, KEPT, ROLLED_BACK = "promoted", "refitted", "kept", "rolled_back"
DECISION_COLUMNS = (
    "training_id", "decision", "champion", "model_name", "model_version", "previous_version", "is_baseline",
    "reason", "input_fingerprint",
)  # fmt: skip
PROMOTIONS = sa.table(
    "promotions", *map(sa.column, ("promotion_id", "decided_by", *DECISION_COLUMNS)), schema="okr_ml"
)
EVALUATIONS = sa.table(
    "evaluations",
    *map(
        sa.column,
        (
            "training_id", "forecaster", "is_baseline", "cycles_tested", "labels_tested", "brier_score",
            "brier_score_low", "brier_score_high", "brier_skill", "brier_skill_low", "brier_skill_high",
            "brier_score_open", "log_loss", "roc_auc", "average_precision", "mean_error", "calibration_slope",
        ),
    ),
    schema="okr_ml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of okr_ml.promotions. `champion` is in charge after it; versions are the registry's."""

    training_id: str
    decision: str
    champion: str
    model_name: str
    model_version: str | None
    previous_version: str | None
    is_baseline: bool
    reason: str
    input_fingerprint: str


def last(engine: sa.Engine) -> Decision | None:
    """The newest decision; None before the first."""
    return _newest(engine)


def on_inputs(engine: sa.Engine, fingerprint: str) -> Decision | None:
    """The newest decision on these inputs since the champion took charge, or before there was one; else None.

    A day without history in between, asked for by `--as-of`, is no reason to decide the same again.
    """
    appointed = sa.select(sa.func.max(PROMOTIONS.c.promotion_id)).where(PROMOTIONS.c.decision != KEPT)
    return _newest(
        engine,
        PROMOTIONS.c.promotion_id >= sa.func.coalesce(appointed.scalar_subquery(), 0),
        PROMOTIONS.c.input_fingerprint == fingerprint,
    )


def predecessor(engine: sa.Engine, version: str) -> Decision | None:
    """The decision that first put in charge the version before `version`; None when there was none."""
    query = sa.select(*(PROMOTIONS.c[name] for name in DECISION_COLUMNS)).order_by(PROMOTIONS.c.promotion_id)
    appointed = query.where(PROMOTIONS.c.decision.in_((PROMOTED, REFITTED)))
    with engine.connect() as connection:
        rows = [_decision(row) for row in connection.execute(appointed).mappings()]
    by_version = {row.model_version: row for row in rows}
    current = by_version.get(version)
    return by_version.get(current.previous_version) if current and current.previous_version else None


def record(
    connection: sa.Connection, decision: Decision, evaluations: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Add the decision, and the figures it rests on, inside the caller's transaction."""
    if evaluations:
        connection.execute(sa.insert(EVALUATIONS), [dict(row) for row in evaluations])
    values: dict[str, Any] = {name: getattr(decision, name) for name in DECISION_COLUMNS}
    values |= {"is_baseline": int(decision.is_baseline), "reason": decision.reason[:4000]}
    connection.execute(sa.insert(PROMOTIONS).values(decided_by=getpass.getuser(), **values))


def evaluation_rows(
    training_id: str,
    found: Sequence[Evaluation],
    calibrations: Mapping[str, Calibration],
    baselines: Sequence[str],
    cycles: int,
) -> list[dict[str, Any]]:
    """Rows of okr_ml.evaluations: one a forecaster, over all test rows."""
    still_open = {one.forecaster: one.brier_score.value for one in found if one.population == "still open"}
    return [
        {
            "training_id": training_id,
            "forecaster": one.forecaster,
            "is_baseline": int(one.forecaster in baselines),
            "cycles_tested": cycles,
            "labels_tested": one.key_results,
            "brier_score": _plain(one.brier_score.value),
            "brier_score_low": _plain(one.brier_score.low),
            "brier_score_high": _plain(one.brier_score.high),
            "brier_skill": _plain(one.brier_skill.value),
            "brier_skill_low": _plain(one.brier_skill.low),
            "brier_skill_high": _plain(one.brier_skill.high),
            "brier_score_open": _plain(still_open.get(one.forecaster)),
            "log_loss": _plain(one.log_loss),
            "roc_auc": _plain(one.roc_auc.value),
            "average_precision": _plain(one.average_precision.value),
            "mean_error": _plain(calibrations[one.forecaster].mean_error.value),
            "calibration_slope": _plain(calibrations[one.forecaster].slope.value),
        }
        for one in found
        if one.population == "all"
    ]


def _newest(engine: sa.Engine, *conditions: sa.ColumnElement[bool]) -> Decision | None:
    query = sa.select(*(PROMOTIONS.c[name] for name in DECISION_COLUMNS)).where(*conditions)
    with engine.connect() as connection:
        row = connection.execute(query.order_by(PROMOTIONS.c.promotion_id.desc()).limit(1)).mappings().first()
    return _decision(row) if row else None


def _decision(row: sa.RowMapping) -> Decision:
    return Decision(**{**row, "is_baseline": bool(row["is_baseline"])})


def _plain(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(float(value), 6)
