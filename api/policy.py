"""Who may do what at which path: one table for every service behind the one URL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from api.users import ROLES

__all__ = ["PLACES", "READS", "Place", "allows", "is_foreign", "normal_path", "place_of"]

READS = frozenset({"GET", "HEAD", "OPTIONS"})
NOBODY = "nobody"


def _paths(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@dataclass(frozen=True, slots=True)
class Place:
    """A prefix and the least role that may read and write below it.

    `readings` are paths below the prefix where other methods than GET only read, or keep what is the user's
    own, so that whoever may read may use them.
    """

    prefix: str
    name: str
    reads: str = "viewer"
    writes: str = "operator"
    readings: re.Pattern[str] = field(default=re.compile(r"(?!)"))


MLFLOW_READINGS = _paths(
    r"/(ajax-)?api/\d\.\d/mlflow/(experiments|runs|logged-models|datasets|issues|traces)/search",
    r"/(ajax-)?api/\d\.\d/mlflow/prompt-optimization/jobs/search",
    r"/(ajax-)?api/\d\.\d/mlflow/experiments/search-datasets",
    r"/(ajax-)?api/\d\.\d/mlflow/registered-models/get-latest-versions",
    r"/(ajax-)?api/\d\.\d/mlflow/traces/(batchGetInfos|metrics|calculate-filter-correlation)",
    r"/(ajax-)?api/\d\.\d/mlflow/artifacts/presigned-download-url",
    r"/ajax-api/\d\.\d/mlflow/ui-telemetry",
    r"/graphql",
)
AIRFLOW_READINGS = _paths(
    r"/api/v2/dags/[^/]+/dagRuns/list",
    r"/api/v2/dags/[^/]+/dagRuns/[^/]+/taskInstances/list",
    r"/api/v2/dags/[^/]+/(un)?favorite",
    r"/auth/token(/cli)?",
    r"/ui/auth/token",
)
SUPERSET_READINGS = _paths(
    r"/api/v1/chart/data",
    r"/api/v1/dashboard/[^/]+/filter_state(/[^/]+)?",
    r"/api/v1/dashboard/[^/]+/permalink",
    r"/api/v1/(dashboard|chart)/[^/]+/favorites/?",
    r"/api/v1/explore/(form_data(/[^/]+)?|permalink)",
    r"/superset/log/?",
    r"/superset/explore_json/?.*",
)
PLACES = (
    Place("/api", "API"),
    # Tasks reach it without the proxy, with tokens of their own.
    Place("/airflow/execution", "Airflow's task interface", reads=NOBODY, writes=NOBODY),
    Place("/airflow", "Airflow", readings=AIRFLOW_READINGS),
    # Its store is guarded here alone: MLflow itself knows no roles.
    Place("/mlflow", "MLflow", readings=MLFLOW_READINGS),
    Place("/mlflow/ajax-api/2.0/mlflow/gateway-proxy", "MLflow's gateway", reads="operator"),
    Place("/bi", "Superset", readings=SUPERSET_READINGS),
    Place("/kafka", "Kafka UI", reads="operator"),
    Place("/docs", "the documentation of the tables"),
    Place("/quality", "the data quality pages"),
    Place("/", "the start page"),
)


def normal_path(uri: str) -> str | None:
    """The path of a request as nginx and the services understand it; None where they might not agree."""
    path = unquote(uri.partition("#")[0].partition("?")[0])
    if not path.startswith("/") or "\\" in path or any(ord(letter) < 32 for letter in path):
        return None
    path = re.sub("/{2,}", "/", path)
    return None if {".", ".."} & set(path.split("/")) else path


def place_of(path: str) -> Place:
    """The place a path belongs to: the one with the longest prefix."""
    found = [place for place in PLACES if _is_below(path, place.prefix)]
    return max(found, key=lambda place: len(place.prefix))


def allows(role: str, method: str, path: str) -> bool:
    """Whether a role may use a method at a (normal) path."""
    place = place_of(path)
    below = path.removeprefix(place.prefix) if place.prefix != "/" else path
    is_reading = method in READS or (method != "DELETE" and place.readings.fullmatch(below) is not None)
    least = place.reads if is_reading else place.writes
    return least in ROLES and role in ROLES and ROLES.index(role) >= ROLES.index(least)


def is_foreign(origin: str | None, host: str) -> bool:
    """Whether a request was made by a page of another origin than the one URL (or door) it goes to."""
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()


def _is_below(path: str, prefix: str) -> bool:
    return prefix in ("/", path) or path.startswith(prefix + "/")
