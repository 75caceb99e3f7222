"""The worker's HTTP side: health, metrics, requests of our own commands, and Kafka Connect's REST API."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from ingestion.connect_api import connect_api
from ingestion.worker_health import STATUS_CODES, health
from ingestion.worker_metrics import WorkerMetrics
from ingestion.worker_service import WorkerService

__all__ = ["create_app"]

METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"
READING = ("GET", "HEAD")


def create_app(service: WorkerService) -> Flask:
    """The WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(connect_api(service))
    app.register_error_handler(HTTPException, _error)
    app.before_request(_refuse_pages)
    metrics = WorkerMetrics(service)

    @app.get("/health")
    def show_health() -> Response:
        facts = health(service)
        return make_response(jsonify(facts), STATUS_CODES[facts["status"]])

    @app.get("/metrics")
    def show_metrics() -> Response:
        return Response(metrics.text(), content_type=METRICS_TYPE)

    @app.post("/okr/scans")
    def add_scan() -> Response:
        _check_token(service)
        if service.waits_for is not None:
            abort(503, service.waits_for)
        wish: Any = request.get_json()
        identity = service.request_scan({name: wish[name] for name in ("data", "paths", "as_of", "known_at")})
        return make_response(jsonify(request=identity), 202)

    @app.get("/okr/scans/<identity>")
    def show_scan(identity: str) -> Response:
        _check_token(service)
        return jsonify(service.scans.state(identity) or abort(404, f"no request {identity}"))

    return app


def _check_token(service: WorkerService) -> None:
    """Only who may read our home may have us read files: the token lies there."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), service.token.encode()):
        abort(401, "the token in ingestion.json of OKR_HOME is needed")


def _refuse_pages() -> None:
    """No page in a browser of this machine may pause or restart anything: browsers name its origin."""
    if request.method not in READING and "Origin" in request.headers:
        abort(403, "not for pages in a browser")


def _error(problem: HTTPException) -> Response:
    """Errors in Connect's shape."""
    text = problem.description if request.url_rule else f"HTTP {problem.code} {problem.name}"
    return make_response(jsonify(error_code=problem.code, message=text), problem.code)
