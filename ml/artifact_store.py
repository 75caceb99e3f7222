"""Artifacts of MLflow under one address, `mlflow-artifacts:/`, whether or not its server is between.

MLflow loads this by its entry point `mlflow.artifact_repository`. Who works on the store's database without a
server finds the folder the server serves; everybody else gets MLflow's own way, through the server.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository
from mlflow.store.db.db_types import DATABASE_ENGINES
from mlflow.tracking import get_tracking_uri
from mlflow.utils.uri import validate_path_is_safe

import settings

__all__ = ["ADDRESS", "FOLDER", "repository"]

ADDRESS = "mlflow-artifacts:/"
FOLDER = "mlartifacts"


def repository(
    artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
) -> ArtifactRepository:
    """The repository at an address; a folder of `OKR_HOME` where the tracking store is a database."""
    store = tracking_uri or get_tracking_uri()
    if urlsplit(store).scheme.partition("+")[0] not in DATABASE_ENGINES:
        return MlflowArtifactsRepository(artifact_uri, tracking_uri, registry_uri)
    inside = unquote(urlsplit(artifact_uri).path).lstrip("/")
    folder: Path = (settings.load().home / FOLDER).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / str(validate_path_is_safe(inside)) if inside else folder  # type: ignore[no-untyped-call]
    return LocalArtifactRepository(place.as_uri(), tracking_uri, registry_uri)
