"""What training sees and how it is judged, read from `parameters.yml` and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ml.errors import ParameterError

__all__ = ["CandidateModel", "History", "Interval", "Judging", "Parameters", "Theme", "load"]

FILE = Path(__file__).with_name("parameters.yml")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class History(_Section):
    """How much graded history is enough to learn from and to be judged on; counts are key results."""

    minimum_labels: int = Field(ge=10)
    minimum_test_cycles: int = Field(ge=3)
    minimum_training_labels: int = Field(ge=10)
    minimum_test_labels: int = Field(ge=1)


class Judging(_Section):
    """Resampling, and the limits of the gate's criteria."""

    rounds: int = Field(ge=100, le=10_000)
    level: float = Field(gt=0.5, lt=1)
    maximum_mean_error: float = Field(gt=0, lt=0.5)
    slope_between: tuple[float, float]
    maximum_single_auc: float = Field(gt=0.5, le=1)
    maximum_halfway_auc: float = Field(gt=0.5, le=1)
    maximum_shuffled_auc: float = Field(gt=0.5, le=1)
    shuffles: int = Field(ge=1, le=20)
    shuffled_folds: int = Field(ge=1, le=20)


class Interval(_Section):
    """The interval shown with a forecast: its level and the number of refits it is read from."""

    level: float = Field(gt=0.5, lt=1)
    refits: int = Field(ge=10, le=1000)


class CandidateModel(_Section):
    """One candidate: a name, the builder in `pipeline.py`, its parameters, and features to cross."""

    name: str = Field(pattern=r"^[a-z][a-z_]{2,59}$")
    estimator: Literal["logistic", "crossed_logistic"]
    parameters: dict[str, Any] = Field(default_factory=dict)
    crossed: tuple[str, ...] = ()


class Theme(_Section):
    """Features that are one reason to a reader, and how it is said."""

    features: tuple[str, ...] = Field(min_length=1)
    words: str
    missing: str


class Parameters(_Section):
    """All of `parameters.yml`."""

    seed: int
    history: History
    judging: Judging
    interval: Interval
    models: tuple[CandidateModel, ...] = Field(min_length=1)
    themes: dict[str, Theme]
    categorical: tuple[str, ...]

    @property
    def features(self) -> list[str]:
        """Every feature the models are given, in the file's order."""
        return [feature for theme in self.themes.values() for feature in theme.features]

    @property
    def numeric(self) -> list[str]:
        """The features that are numbers."""
        return [feature for feature in self.features if feature not in self.categorical]

    @model_validator(mode="after")
    def _each_once(self) -> Parameters:
        twice = {feature for feature in self.features if self.features.count(feature) > 1}
        if twice:
            raise ValueError(f"features named twice: {', '.join(sorted(twice))}")
        if unknown := set(self.categorical) - set(self.features):
            raise ValueError(f"categorical, but in no theme: {', '.join(sorted(unknown))}")
        for model in self.models:
            if unknown := set(model.crossed) - set(self.features):
                raise ValueError(f"crossed in {model.name}, but in no theme: {', '.join(sorted(unknown))}")
            if bool(model.crossed) != (model.estimator == "crossed_logistic"):
                raise ValueError(f"{model.name}: a crossed_logistic names what is crossed, others do not")
        return self


def load(path: Path = FILE) -> Parameters:
    """Read the parameters.

    Raises ParameterError with one line a mistake: where it is, what it holds and what is allowed.
    """
    try:
        return Parameters.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as problem:
        raise ParameterError(f"{path.name} cannot be read: {problem}") from problem
    except ValidationError as problem:
        lines = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors()]
        raise ParameterError(f"{path.name}: {'; '.join(lines)}") from problem
