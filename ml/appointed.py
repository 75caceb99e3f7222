"""What MLflow keeps: a fitted forecaster and what a training found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ml.forecaster import Forecaster

__all__ = ["Appointed", "Training"]


@dataclass(frozen=True, slots=True)
class Appointed:
    """A fit, its refits on resampled objectives, and the typical key result that reasons compare with.

    `version` and `run_id` are the registry's, None before it is logged. `level` is that of the interval;
    `skill` says in words how good the forecaster was on cycles it never saw.
    """

    version: str | None
    run_id: str | None
    forecaster: Forecaster
    fitted: Any
    refits: Sequence[Any]
    typical: Mapping[str, float | str | None]
    level: float
    input_fingerprint: str
    skill: str


@dataclass(frozen=True, slots=True)
class Training:
    """What is logged of one training: parameters, figures and tags by name, tables and plots by file name."""

    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Figure]
