"""`/api`: state, health, metrics and who is asking."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import CollectorRegistry

from api import metrics, policy, service_status
from api.answers import problem
from api.identity import signed_in
from api.pages import LINKS

__all__ = ["status_api"]

status_api = APIBlueprint("status_api", __name__, url_prefix="/api", tag="State")

NOT_YET = "The watcher has not looked at the services yet."


@status_api.get("/status")
@status_api.doc(summary="How every service is", responses=[401])
def status() -> dict[str, Any]:
    """Each service with health, reason, since when, memory; and how old that knowledge is."""
    found = service_status.read(current_app.config["WAREHOUSE"])
    role = signed_in().role
    links = {
        link.service: link.path for link in LINKS if link.service and policy.allows(role, "GET", link.path)
    }
    if found is None:
        return {"checked_at": None, "is_stale": True, "is_healthy": False, "services": [], "links": links}
    return found.facts() | {"links": links}


@status_api.get("/health")
@status_api.doc(summary="Whether all is well: 200 or 503", responses=[401, 503])
def health() -> Any:
    """For monitors that only look at the code; the services that are not healthy are named."""
    found = service_status.read(current_app.config["WAREHOUSE"])
    if found is None:
        return problem(503, NOT_YET)
    facts = {each.name: each.health for each in found.services}
    healthy = {"is_healthy": found.is_healthy, "is_stale": found.is_stale, "services": facts}
    return healthy, 200 if found.is_healthy else 503


@status_api.get("/me")
@status_api.doc(summary="Who is asking", responses=[401])
def me() -> dict[str, str]:
    """User name and role."""
    who = signed_in()
    return {"user": who.user, "role": who.role}


@status_api.get("/metrics")
@status_api.doc(summary="Metrics for Prometheus", responses=[401])
def prometheus() -> Response:
    """Requests and sign-ins of the API, health of the services, age of data, build and champion."""
    seen = CollectorRegistry()
    seen.register(metrics.Seen(current_app.config["WAREHOUSE"]))
    body = generate_latest(metrics.REGISTRY) + generate_latest(seen)
    return Response(body, content_type=CONTENT_TYPE_LATEST)
