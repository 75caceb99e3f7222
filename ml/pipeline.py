"""Pipelines of stock scikit-learn classes: what a feature means is dbt's business, here it is only filled and scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ml.forecaster import Forecaster
from ml.parameters import CandidateModel, Parameters

__all__ = ["candidates", "logistic"]


def candidates(parameters: Parameters) -> list[Forecaster]:
    """The candidate models of `parameters.yml`, in its order, each given every feature."""
    builders = {"logistic": logistic, "histogram_boosting": histogram_boosting}
    return [
        Forecaster(
            name=model.name,
            title=model.name.replace("_", " "),
            is_baseline=False,
            columns=tuple(parameters.features),
            estimator=builders[model.estimator](
                parameters.numeric, parameters.categorical, **_seeded(model, parameters.seed)
            ),
        )
        for model in parameters.models
    ]


def logistic(numeric: Sequence[str], categorical: Sequence[str] = (), **parameters: Any) -> Pipeline:
    """Regularised logistic regression on standardised features; a missing value is filled and marked as missing."""
    steps = [("fill", _filled()), ("scale", StandardScaler())]
    return Pipeline(
        [
            ("prepare", _columns(Pipeline(steps), numeric, categorical)),
            ("classify", LogisticRegression(max_iter=2000, **parameters)),
        ]
    )


def histogram_boosting(numeric: Sequence[str], categorical: Sequence[str] = (), **parameters: Any) -> Pipeline:
    """Boosted trees. Missing values are filled and marked: scikit-learn 1.9 cannot bin a column of nothing."""
    return Pipeline(
        [
            ("prepare", _columns(_filled(), numeric, categorical)),
            ("classify", HistGradientBoostingClassifier(early_stopping=False, **parameters)),
        ]
    )


def _filled() -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _columns(numbers: Any, numeric: Sequence[str], categorical: Sequence[str]) -> ColumnTransformer:
    parts = [("numbers", numbers, list(numeric))]
    if categorical:
        parts.append(("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(categorical)))
    return ColumnTransformer(parts)


def _seeded(model: CandidateModel, seed: int) -> dict[str, Any]:
    return {"random_state": seed, **model.parameters}
