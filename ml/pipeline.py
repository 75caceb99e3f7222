"""Pipelines of stock scikit-learn classes: what features mean is dbt's, here they are filled and scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from ml.forecaster import Forecaster
from ml.parameters import CandidateModel, Parameters

__all__ = ["candidates", "crossed_logistic", "logistic"]


def candidates(parameters: Parameters) -> list[Forecaster]:
    """The candidate models of `parameters.yml`, in its order, each given every feature."""
    return [
        Forecaster(
            name=model.name,
            title=model.name.replace("_", " "),
            is_baseline=False,
            columns=tuple(parameters.features),
            estimator=_build(model, parameters),
        )
        for model in parameters.models
    ]


def logistic(numeric: Sequence[str], categorical: Sequence[str] = (), **parameters: Any) -> Pipeline:
    """Regularised logistic regression on standardised features; what is missing is filled and marked."""
    return Pipeline([("prepare", _prepared(numeric, categorical)), ("classify", _classifier(parameters))])


def crossed_logistic(
    numeric: Sequence[str], categorical: Sequence[str], crossed: Sequence[str], **parameters: Any
) -> Pipeline:
    """The same, with squares and products of the crossed features: what progress says depends on the kind."""
    crosses = Pipeline(
        [
            ("prepare", _prepared(_within(crossed, numeric), _within(crossed, categorical))),
            ("cross", PolynomialFeatures(degree=2, include_bias=False)),
        ]
    )
    rest = [name for name in [*numeric, *categorical] if name not in crossed]
    parts = [
        ("crossed", crosses, list(crossed)),
        ("rest", _prepared(_within(rest, numeric), _within(rest, categorical)), rest),
    ]
    return Pipeline(
        [
            ("prepare", ColumnTransformer(parts)),
            ("scale", StandardScaler()),
            ("classify", _classifier(parameters)),
        ]
    )


def _build(model: CandidateModel, parameters: Parameters) -> Pipeline:
    if model.estimator == "crossed_logistic":
        return crossed_logistic(parameters.numeric, parameters.categorical, model.crossed, **model.parameters)
    return logistic(parameters.numeric, parameters.categorical, **model.parameters)


def _prepared(numeric: Sequence[str], categorical: Sequence[str]) -> ColumnTransformer:
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    parts: list[tuple[str, Any, list[str]]] = [
        ("numbers", Pipeline([("fill", fill), ("scale", StandardScaler())]), list(numeric))
    ]
    if categorical:
        parts.append(
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(categorical))
        )
    return ColumnTransformer(parts)


def _classifier(parameters: dict[str, Any]) -> LogisticRegression:
    return LogisticRegression(max_iter=2000, **parameters)


def _within(names: Sequence[str], group: Sequence[str]) -> list[str]:
    return [name for name in names if name in group]
