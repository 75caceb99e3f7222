"""The text of a training and of a scoring, for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ml.backtest import MODEL
from ml.evaluation import Evaluation
from ml.resampling import Estimate
from ml.trial import Trial

__all__ = ["evaluation_frame", "evaluation_table", "trial_text"]

HEADER = ("forecaster", "Brier score", "skill against prior", "AUC", "AP of misses", "slope")


def trial_text(trial: Trial) -> list[str]:
    """All baselines and the model with intervals, on unseen cycles; then the leakage checks."""
    first = trial.figures()[0]
    cycles = trial.predictions["cycle"].nunique()
    lines = [f"On {first.key_results} graded key results of {cycles} cycles no forecaster had seen:"]
    lines += evaluation_table(trial, "all")
    if still_open := trial.figures("still open"):
        lines.append(f"Only where progress was not yet at 100 % ({still_open[0].rows} of {first.rows} rows):")
        lines += evaluation_table(trial, "still open")
    passed = sum(check.passed for check in trial.checks)
    lines.append(f"Leakage checks: {passed} of {len(trial.checks)} passed.")
    lines += [f"  failed: {check.name} ({check.seen})" for check in trial.checks if not check.passed]
    return lines


def evaluation_table(trial: Trial, population: str) -> list[str]:
    """One line a forecaster, in columns; figures with their intervals."""
    rows = [HEADER] + [
        (
            trial.titles[found.forecaster]
            if found.forecaster == MODEL
            else found.forecaster.replace("_", " "),
            str(found.brier_score),
            _percent(found.brier_skill),
            f"{found.roc_auc.value:.3f}",
            f"{found.average_precision.value:.3f}",
            f"{trial.calibrations[found.forecaster].slope.value:.2f}" if population == "all" else "",
        )
        for found in trial.figures(population)
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADER))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def evaluation_frame(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """Every figure as a row of a table: forecaster, population, counts, values and ends of intervals."""
    return pd.DataFrame(
        [
            {
                "forecaster": found.forecaster,
                "population": found.population,
                "rows": found.rows,
                "key_results": found.key_results,
                "log_loss": found.log_loss,
                **_columns("brier_score", found.brier_score),
                **_columns("brier_skill", found.brier_skill),
                **_columns("roc_auc", found.roc_auc),
                **_columns("average_precision", found.average_precision),
            }
            for found in evaluations
        ]
    )


def _columns(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _percent(found: Estimate) -> str:
    return f"{found.value:+.1%} ({found.low:+.1%} to {found.high:+.1%})"
