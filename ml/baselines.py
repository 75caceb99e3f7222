"""The five baselines a model has to beat, in this order; each is fitted inside the training cycles."""

from __future__ import annotations

from ml.forecaster import Forecaster
from ml.pipeline import logistic

__all__ = ["FOUR", "PRIOR", "baselines"]

PRIOR = "prior"
FOUR = {
    PRIOR: ("team_attainment_prior", "team's attainment in graded cycles, shrunk"),
    "progress": ("progress", "progress at the date"),
    "pace_rule": ("pace_gap", "linear pace: elapsed time less progress"),
    "owners_confidence": ("confidence", "owner's confidence"),
}


def baselines() -> list[Forecaster]:
    """Prior, progress, pace rule, owner's confidence, and logistic regression on those four.

    Each of the first four is a logistic regression on one number and on whether it is missing: that turns
    a share, a gap or a confidence into a probability without assuming its scale.
    """
    singles = [_baseline(name, title, (column,)) for name, (column, title) in FOUR.items()]
    columns = tuple(column for column, _ in FOUR.values())
    return [
        *singles,
        _baseline("logistic_on_four", "logistic regression on prior, progress, pace and confidence", columns),
    ]


def _baseline(name: str, title: str, columns: tuple[str, ...]) -> Forecaster:
    return Forecaster(
        name=name, title=title, is_baseline=True, columns=columns, estimator=logistic(columns, C=1.0)
    )
