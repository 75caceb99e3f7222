"""The web application: `gunicorn 'api.web:create_application()'`."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

from apiflask import APIFlask
from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface

import settings
from api import answers, guard, metrics, pages, sign_in_pages, status_api
from api.errors import ApiError
from api.identity import EXTENSION, behind_proxy, proxied_identity
from api.sign_ins import SignIns

__all__ = ["create_application"]

OPEN = {"guard.auth", "guard.refusal", "guard.health", "static"}
"""Reached without a sign-in; the sign-in pages are, too."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class SessionCookie(SecureCookieSessionInterface):
    """Flask's signed cookie; sent over TLS only where the request came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the browser may send the cookie over TLS only."""
        return behind_proxy() and request.headers.get("X-Forwarded-Proto") == "https"


def create_application(config: settings.Settings | None = None) -> APIFlask:
    """The application; `OKR_SESSION_KEY` signs its cookies, `OKR_PROXY_SECRET` is what nginx knows."""
    config = config or settings.load()
    application = APIFlask(
        "api",
        title="OKR Warehouse",
        version=_version(),
        spec_path="/api/openapi.json",
        docs_path=None,
        json_errors=False,
        static_url_path="/sign-in/static",
    )
    application.config.update(
        SECRET_KEY=_required("OKR_SESSION_KEY"),
        PROXY_SECRET=_required("OKR_PROXY_SECRET"),
        WAREHOUSE=config,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=config.addresses.session_hours),
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_NAME="okr_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=1 << 20,
        MAX_FORM_MEMORY_SIZE=1 << 16,
    )
    application.session_interface = SessionCookie()
    application.extensions[EXTENSION] = SignIns(config)
    for blueprint in (guard.guard, sign_in_pages.sign_in_pages, pages.pages, status_api.status_api):
        application.register_blueprint(blueprint)
    application.register_error_handler(Exception, answers.of_error)
    application.before_request(_begin)
    application.after_request(_finish)
    return application


def _begin() -> Response | None:
    """Let only those in whom nginx let in."""
    g.began = time.perf_counter()
    g.identity = proxied_identity()
    endpoint = request.endpoint or ""
    if endpoint in OPEN or endpoint.startswith("sign_in_pages.") or g.identity:
        return None
    return answers.refused("absent")


def _finish(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", POLICY)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.REQUESTS.labels(route, request.method, response.status_code).inc()
    if began := g.get("began"):
        metrics.SECONDS.labels(route).observe(time.perf_counter() - began)
    return response


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if len(value) < 32:
        raise ApiError(f"{name} must be set to a secret of at least 32 characters; `okr up` does so")
    return value


def _version() -> str:
    try:
        return version("okr-warehouse")
    except PackageNotFoundError:
        return "0"
