"""What a training leaves in MLflow: from which data, judged how, with which result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ml import plots, report
from ml.appointed import Training
from ml.appointment import Appointment
from ml.backtest import MODEL
from ml.evaluation import brier_by_cycle
from ml.features import GradedHistory
from ml.fingerprint import code_version
from ml.folds import Fold
from ml.parameters import Parameters
from ml.trial import Trial

__all__ = ["Inputs", "dossier"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one training works on."""

    as_of: date
    history: GradedHistory
    folds: Sequence[Fold]
    parameters: Parameters
    fingerprint: str


def dossier(trial: Trial, appointment: Appointment, inputs: Inputs, origin: Mapping[str, str]) -> Training:
    """Parameters, figures, tables and plots of one training."""
    names = [found.forecaster for found in trial.figures()]
    by_cycle = brier_by_cycle(trial.predictions, names, inputs.parameters.judging, inputs.parameters.seed)
    few = [trial.best_baseline.name, MODEL]
    titles = trial.titles
    return Training(
        name=f"{inputs.as_of} {appointment.decision} {appointment.forecaster.name}",
        parameters=_parameters(trial, inputs),
        metrics=_metrics(trial, inputs),
        tags={
            "decision": appointment.decision,
            "reason": appointment.reason,
            "forecaster": appointment.forecaster.name,
            "is_baseline": str(int(appointment.forecaster.is_baseline)),
            "input_fingerprint": inputs.fingerprint,
            "code_version": code_version(),
            **origin,
        },
        tables={
            "evaluations": report.evaluation_frame(trial.evaluations),
            "brier_by_cycle": by_cycle,
            "predictions": trial.predictions,
            "folds": _folds(inputs),
            "leakage_checks": pd.DataFrame(
                [{"check": one.name, "passed": one.passed, "seen": one.seen} for one in trial.checks]
            ),
            "gate": pd.DataFrame(
                [
                    {"against": title, "brier_difference": gap.value, "low": gap.low, "high": gap.high}
                    for title, gap in trial.against.items()
                ]
            ),
        },
        figures={
            "reliability": plots.reliability_diagram(trial.predictions, few, titles),
            "brier_by_cycle": plots.brier_by_cycle(by_cycle, few, titles),
            "skill_forest": plots.skill_forest(trial.evaluations, titles),
        },
    )


def _parameters(trial: Trial, inputs: Inputs) -> dict[str, str | int | float]:
    history, known = inputs.history, inputs.parameters
    return {
        "data_as_of": str(inputs.as_of),
        "labels": int(history.rows["key_result_key"].nunique()),
        "rows": len(history.rows),
        "test_cycles": len(inputs.folds),
        "first_test_cycle": inputs.folds[0].cycle,
        "last_test_cycle": inputs.folds[-1].cycle,
        "chosen_model": trial.model.name,
        "features": len(known.features),
        "seed": known.seed,
        **{f"history.{name}": value for name, value in known.history.model_dump().items()},
        **{f"judging.{name}": str(value) for name, value in known.judging.model_dump().items()},
        **{f"model.{one.name}": str(one.parameters) for one in known.models},
    }


def _metrics(trial: Trial, inputs: Inputs) -> dict[str, float]:
    """Figures by `forecaster.figure[.population]`; what is not defined is left out."""
    found: dict[str, float] = {"passed_gate": float(trial.verdict.passed)}
    found["leakage_checks_failed"] = float(sum(not check.passed for check in trial.checks))
    if inputs.history.selection_rate is not None:
        found["selection_rate"] = inputs.history.selection_rate
    for one in trial.evaluations:
        tail = "" if one.population == "all" else "." + one.population.replace(" %", "").replace(" ", "_")
        found[f"{one.forecaster}.brier_score{tail}"] = one.brier_score.value
        found[f"{one.forecaster}.brier_skill{tail}"] = one.brier_skill.value
        found[f"{one.forecaster}.roc_auc{tail}"] = one.roc_auc.value
        found[f"{one.forecaster}.average_precision{tail}"] = one.average_precision.value
        found[f"{one.forecaster}.log_loss{tail}"] = one.log_loss
    for name, calibration in trial.calibrations.items():
        found[f"{name}.mean_error"] = calibration.mean_error.value
        found[f"{name}.calibration_slope"] = calibration.slope.value
        found[f"{name}.expected_calibration_error"] = calibration.expected_error
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _folds(inputs: Inputs) -> pd.DataFrame:
    rows = inputs.history.rows
    return pd.DataFrame(
        [
            {
                "test_cycle": fold.cycle,
                "cutoff": fold.cutoff,
                "cycles_learned_from": rows.iloc[fold.train]["cycle_key"].nunique(),
                "key_results_learned_from": rows.iloc[fold.train]["key_result_key"].nunique(),
                "key_results_tested": rows.iloc[fold.test]["key_result_key"].nunique(),
                "rows_kept_apart": fold.kept_apart,
            }
            for fold in inputs.folds
        ]
    )
