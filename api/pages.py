"""The start page: where to go, and how every service is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template

from api import policy, service_status
from api.identity import signed_in

__all__ = ["LINKS", "Link", "pages"]

pages = Blueprint("pages", __name__)


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere to go, and the service that answers there."""

    path: str
    name: str
    words: str
    service: str | None = None


LINKS = (
    Link("/bi/", "Dashboards", "Superset: where the key results of the running cycles stand", "superset"),
    Link("/airflow/", "Airflow", "Runs, their tasks and their logs", "airflow_api_server"),
    # MLflow's own start page is about language models; its page of our model is there once one was trained.
    Link(
        "/mlflow/#/experiments?workflowType=machine_learning",
        "MLflow",
        "Models, experiments, the champion",
        "mlflow",
    ),
    Link("/kafka/", "Kafka", "Topics, records, consumer lag", "kafka_ui"),
    Link("/docs/", "Tables", "What each table and column means", None),
    Link("/quality/", "Data quality", "What was checked, and what it showed", None),
    Link("/api/openapi.json", "API", "Its description for machines (OpenAPI)", "api"),
)


@pages.get("/")
def start() -> str:
    """Where to go for this role, and the state of all services."""
    who = signed_in()
    links = [link for link in LINKS if policy.allows(who.role, "GET", link.path)]
    status = service_status.read(current_app.config["WAREHOUSE"])
    return render_template(
        "start.html",
        who=who,
        links=links,
        paths={link.service: link.path for link in links},
        status=status and status.facts(),
    )
