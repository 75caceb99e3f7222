"""MLflow: runs, the registry of models, and the alias `champion`."""

from __future__ import annotations

import functools
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# It would print them among the events on stdout.
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
warnings.filterwarnings("ignore", module=r"mlflow\..*")

import mlflow  # noqa: E402 - it reads the variables above when it is imported
import pandas as pd  # noqa: E402
import skops.io  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from skops.io.exceptions import UntrustedTypesFoundException  # noqa: E402
from sqlalchemy.exc import SQLAlchemyError  # noqa: E402

from ml.appointed import Appointed, Training  # noqa: E402
from ml.artifact_store import ADDRESS  # noqa: E402
from ml.decisions import MODEL_NAME  # noqa: E402
from ml.errors import RegistryError  # noqa: E402
from ml.forecaster import Forecaster  # noqa: E402
from settings import Settings  # noqa: E402

__all__ = ["ALIAS", "Registry"]

EXPERIMENT = "okr_attainment"
ALIAS = "champion"
# What skops must be told to trust beside scikit-learn's own estimators.
TRUSTED = ["numpy.dtype"]
P = ParamSpec("P")
T = TypeVar("T")
REFITS = "refits.skops"
CARD = "forecaster.json"
FOLDER = "forecaster"


def _explained(method: Callable[P, T]) -> Callable[P, T]:
    """Say in one line what the registry, or the database below it, did not like."""

    @functools.wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except (MlflowException, SQLAlchemyError) as problem:
            raise RegistryError(f"the model registry: {str(problem).splitlines()[0]}") from problem

    return run


class Registry:
    """The tracking store and the registry that the settings name; made on first use."""

    @_explained
    def __init__(self, settings: Settings) -> None:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        mlflow.set_tracking_uri(settings.tracking_uri())
        mlflow.set_registry_uri(settings.tracking_uri())
        # Another's server says itself where its artifacts lie; ours says the same as this.
        self._location = None if settings.mlflow_tracking_uri else f"{ADDRESS}{EXPERIMENT}"
        self._client = mlflow.MlflowClient()

    @_explained
    def log(self, training: Training, appointed: Appointed, example: pd.DataFrame) -> tuple[str, str]:
        """Log a training with its forecaster; gives the run's id and the address of the logged model."""
        with mlflow.start_run(experiment_id=self._experiment(), run_name=training.name) as run:
            mlflow.set_tags(dict(training.tags))
            mlflow.log_params(dict(training.parameters))
            mlflow.log_metrics(dict(training.metrics))
            for name, table in training.tables.items():
                mlflow.log_text(table.to_csv(index=False), f"tables/{name}.csv")
            for name, figure in training.figures.items():
                mlflow.log_figure(figure, f"plots/{name}.png")
            mlflow.log_dict(_card(appointed), f"{FOLDER}/{CARD}")
            self._log_refits(appointed.refits)
            columns = list(appointed.forecaster.columns)
            model = mlflow.sklearn.log_model(
                appointed.fitted,
                name=MODEL_NAME,
                serialization_format="skops",
                skops_trusted_types=TRUSTED,
                signature=infer_signature(example[columns], appointed.fitted.predict_proba(example[columns])),
                input_example=example[columns],
                pyfunc_predict_fn="predict_proba",
                pip_requirements=[
                    f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "skops", "pandas")
                ],
            )
        return str(run.info.run_id), str(model.model_uri)

    @_explained
    def register(self, run_id: str, model_uri: str) -> str:
        """Make the logged model a version of the registered model; gives the version."""
        try:
            self._client.create_registered_model(MODEL_NAME)
        except MlflowException as problem:
            if problem.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        model_id = model_uri.removeprefix("models:/")
        return str(
            self._client.create_model_version(MODEL_NAME, model_uri, run_id, model_id=model_id).version
        )

    @_explained
    def appoint(self, model_version: str) -> None:
        """Move the alias `champion` to a version."""
        self._client.set_registered_model_alias(MODEL_NAME, ALIAS, model_version)

    @_explained
    def champion(self) -> Appointed | None:
        """The version that the alias names, loaded; None when there is none."""
        try:
            found = self._client.get_model_version_by_alias(MODEL_NAME, ALIAS)
        except MlflowException as problem:
            if problem.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        return self._load(str(found.version), str(found.run_id))

    @_explained
    def load(self, model_version: str) -> Appointed:
        """Any registered version, loaded."""
        found = self._client.get_model_version(MODEL_NAME, model_version)
        return self._load(str(found.version), str(found.run_id))

    def _load(self, model_version: str, run_id: str) -> Appointed:
        try:
            folder = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=FOLDER))
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            fitted = mlflow.sklearn.load_model(f"models:/{MODEL_NAME}/{model_version}")
            refits = skops.io.load(folder / REFITS, trusted=TRUSTED)
        except (MlflowException, OSError, ValueError, UntrustedTypesFoundException) as problem:
            reason = str(problem).splitlines()[0]
            raise RegistryError(
                f"{MODEL_NAME} version {model_version} cannot be loaded: {reason}"
            ) from problem
        return Appointed(
            version=model_version,
            run_id=run_id,
            forecaster=Forecaster(
                **{**card["forecaster"], "estimator": fitted, "columns": tuple(card["columns"])}
            ),
            fitted=fitted,
            refits=refits,
            typical=card["typical"],
            level=card["level"],
            input_fingerprint=card["input_fingerprint"],
            skill=card["skill"],
        )

    def _log_refits(self, refits: Sequence[Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / REFITS
            skops.io.dump(list(refits), path)
            mlflow.log_artifact(str(path), FOLDER)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None and str(found.artifact_location).startswith("file:"):
            # Made before there was a server: its files cannot be had through one.
            self._client.rename_experiment(
                found.experiment_id, f"{EXPERIMENT}_in_files_{found.experiment_id}"
            )
            found = None
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=self._location))


def _card(appointed: Appointed) -> dict[str, Any]:
    forecaster = appointed.forecaster
    return {
        "forecaster": {
            "name": forecaster.name,
            "title": forecaster.title,
            "is_baseline": forecaster.is_baseline,
        },
        "columns": list(forecaster.columns),
        "recipe": forecaster.recipe,
        "typical": dict(appointed.typical),
        "level": appointed.level,
        "input_fingerprint": appointed.input_fingerprint,
        "skill": appointed.skill,
    }
