"""Forecasts made again: each from its own model version and the feature row that is kept with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ml import fingerprint, parameters
from ml.registry import Registry
from ml.scoring import recompute
from settings import Settings

__all__ = ["assert_recomputable"]


def assert_recomputable(config: Settings, forecasts: Iterable[Mapping[str, Any]]) -> set[str]:
    """Fail unless every probability with its interval comes out again; gives the model versions seen.

    `forecasts` are rows of okr_ml.forecasts that hold a probability.
    """
    known, registry = parameters.load(), Registry(config)
    forecasts = list(forecasts)
    models = {version: registry.load(version) for version in {row["model_version"] for row in forecasts}}
    for row in forecasts:
        assert row["features"].keys() == set(known.features)
        assert fingerprint.of_row(row["features"]) == row["feature_fingerprint"]
        again = recompute(models[row["model_version"]], row["features"], known)
        stored = [row["attainment_probability"], row["probability_low"], row["probability_high"]]
        np.testing.assert_allclose(again, np.array(stored, dtype=float), atol=1e-6)
        assert stored[1] <= stored[0] <= stored[2]
    return set(models)
