"""Plots that are logged with a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ml.calibration import reliability
from ml.evaluation import Evaluation

__all__ = ["brier_by_cycle", "reliability_diagram", "skill_forest"]

SIZE = (7.5, 4.5)
MARKERS = "osD^vPX*"


def reliability_diagram(predictions: pd.DataFrame, names: Sequence[str], titles: Mapping[str, str]) -> Figure:
    """Share attained against mean forecast in ten groups of equal size; the diagonal is perfect."""
    figure = Figure(figsize=(5.5, 5.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="perfect")
    for number, name in enumerate(names):
        table = reliability(predictions[name].to_numpy(), predictions["attained"].to_numpy(dtype=np.float64))
        axes.plot(
            table["forecast"], table["attained"], marker=MARKERS[number % len(MARKERS)], label=titles[name]
        )
    axes.set(
        xlabel="forecast", ylabel="attained", xlim=(0, 1), ylim=(0, 1), title="Reliability on unseen cycles"
    )
    axes.legend()
    return figure


def brier_by_cycle(table: pd.DataFrame, names: Sequence[str], titles: Mapping[str, str]) -> Figure:
    """Brier score of each forecaster in each test cycle, with intervals; lower is better."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    cycles = sorted(table["cycle"].unique())
    for number, name in enumerate(names):
        part = table[table["forecaster"] == name].set_index("cycle").loc[cycles]
        spread = np.abs(part[["low", "high"]].sub(part["brier_score"], axis=0).to_numpy().T)
        place = np.arange(len(cycles)) + (number - (len(names) - 1) / 2) * 0.12
        axes.errorbar(
            place, part["brier_score"], yerr=np.nan_to_num(spread), fmt=MARKERS[number % len(MARKERS)],
            label=titles[name], capsize=2,
        )  # fmt: skip
    axes.set_xticks(range(len(cycles)), [cycle[:10] for cycle in cycles], rotation=45, ha="right")
    axes.set(
        xlabel="start of the test cycle", ylabel="Brier score", title="Brier score by cycle, with intervals"
    )
    axes.legend()
    return figure


def skill_forest(evaluations: Sequence[Evaluation], titles: Mapping[str, str]) -> Figure:
    """Skill against the prior of each forecaster with its interval; right of 0 is better."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    shown = [found for found in evaluations if found.population == "all"][::-1]
    for height, found in enumerate(shown):
        skill = found.brier_skill
        spread = np.abs(np.array([[skill.low - skill.value], [skill.high - skill.value]]))
        axes.errorbar(skill.value, height, xerr=np.nan_to_num(spread), fmt="o", color="C0", capsize=3)
    axes.axvline(0, color="0.6", linestyle="--")
    axes.set_yticks(range(len(shown)), [titles[found.forecaster] for found in shown])
    axes.set(xlabel="Brier skill against the prior", title="Skill on unseen cycles, with intervals")
    return figure
