"""Reasons: what each theme of features adds to the log odds, compared with a typical key result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.calibration import log_odds
from ml.forecaster import Forecaster
from ml.parameters import Parameters, Theme

__all__ = ["contributions", "strongest", "typical_row"]

Array = NDArray[np.float64]
ORDERS = 4


def typical_row(rows: pd.DataFrame, parameters: Parameters) -> dict[str, float | str | None]:
    """Median of each number and commonest word of each category among the rows learned from."""
    typical: dict[str, float | str | None] = {}
    for name in parameters.numeric:
        median = rows[name].median()
        typical[name] = None if pd.isna(median) else float(median)
    for name in parameters.categorical:
        typical[name] = str(rows[name].mode().iloc[0])
    return typical


def contributions(
    forecaster: Forecaster,
    fitted: Any,
    rows: pd.DataFrame,
    typical: Mapping[str, float | str | None],
    parameters: Parameters,
) -> tuple[float, pd.DataFrame]:
    """Log odds of the typical key result, and what each theme adds to it in each row.

    The sum of both is the log odds of the forecast, exactly. Themes are switched from typical to the
    row's own values one after another; the effect is the mean over seeded orders and their reverses
    (Shapley values by permutation sampling). For a logistic regression every order gives the same.
    """
    columns = list(forecaster.columns)
    themes = {name: [f for f in theme.features if f in columns] for name, theme in parameters.themes.items()}
    names = [name for name, features in themes.items() if features]
    base = pd.DataFrame([typical] * len(rows), index=rows.index)[columns].astype(
        rows[columns].dtypes.to_dict()
    )
    random = np.random.default_rng(parameters.seed)
    orders = [list(random.permutation(len(names))) for _ in range(ORDERS)]
    total = np.zeros((len(rows), len(names)))
    start = 0.0
    for order in [*orders, *(list(reversed(order)) for order in orders)]:
        steps, current = [base], base
        for position in order:
            current = current.copy()
            current[themes[names[position]]] = rows[themes[names[position]]]
            steps.append(current)
        levels = log_odds(forecaster.forecast(fitted, pd.concat(steps))).reshape(len(steps), len(rows))
        total[:, order] += np.diff(levels, axis=0).T
        start = float(levels[0, 0]) if len(rows) else 0.0
    return start, pd.DataFrame(total / (2 * ORDERS), index=rows.index, columns=names)


def strongest(
    effects: pd.Series, row: Mapping[str, Any], parameters: Parameters, count: int = 3
) -> list[dict[str, Any]]:
    """The themes that move the forecast most: lead feature, its value, effect on the log odds, and words."""
    names = effects.abs().sort_values(ascending=False, kind="stable").index[:count]
    reasons = []
    for name in names:
        theme, effect = parameters.themes[name], float(effects[name])
        value = row[theme.features[0]]
        reasons.append(
            {
                "theme": name,
                "feature": theme.features[0],
                "value": value if isinstance(value, str) else None if pd.isna(value) else float(value),
                "effect": round(effect, 6),
                "text": f"{say(theme, row)} ({'raises' if effect >= 0 else 'lowers'} the chance)",
            }
        )
    return reasons


def say(theme: Theme, row: Mapping[str, Any]) -> str:
    """The theme in words with the row's values, or its words for nothing known."""
    known = {
        name: value
        for name, value in row.items()
        if isinstance(value, str) or (isinstance(value, float | int) and not pd.isna(value))
    }
    try:
        return theme.words.format_map(known)
    except KeyError:
        return theme.missing
