"""What someone reads who does not get what was asked for: a page, or a JSON problem (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import quote

from flask import Response, current_app, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from api.errors import ApiError, DatabaseAwayError

__all__ = ["of_error", "problem", "refused"]

WORDS = {
    "absent": (401, "Sign in at /sign-in, or send a user name and password with HTTP Basic."),
    "ended": (401, "Your sign-in has ended. Sign in again at /sign-in."),
    "wrong": (401, "The user name or the password is wrong."),
    "throttled": (429, "Too many sign-ins failed."),
    "away": (503, "Who you are cannot be told now, for the database does not answer. See `okr status`."),
    "role": (
        403,
        "Your role does not allow this; `okr user role` gives another one.",
    ),
    "denied": (403, "nginx may not read this; `okr logs nginx` says why."),
    "foreign": (403, "A page of another site asked for this, which is not allowed."),
    "path": (400, "This address is not understood: it has . or .. or a control character in its path."),
}


def refused(reason: str, *, uri: str = "", seconds: int = 0, wants_json: bool | None = None) -> Response:
    """The answer to someone whom `/auth` did not let in, at the address `uri`."""
    code, words = WORDS.get(reason, WORDS["absent"])
    uri = uri or request.full_path.removesuffix("?")
    as_json = _wants_json() if wants_json is None else wants_json
    if code == 401 and reason != "wrong" and not as_json:
        ended = "&ended=1" if reason == "ended" else ""
        return _plain(redirect(f"/sign-in?next={quote(uri, safe='/')}{ended}", 302))
    if reason == "throttled":
        words += f" Try again in {seconds} seconds."
    response = problem(code, words, as_json=as_json, instance=uri)
    if code == 429:
        response.headers["Retry-After"] = str(seconds)
    # A browser would ask for a password by itself, and keep it until it is closed.
    if code == 401 and not request.headers.get("User-Agent", "").startswith("Mozilla"):
        response.headers["WWW-Authenticate"] = 'Basic realm="OKR Warehouse", charset="UTF-8"'
    return response


def problem(code: int, words: str, *, as_json: bool | None = None, instance: str | None = None) -> Response:
    """An error as JSON or as a page."""
    title = HTTPStatus(code).phrase
    if _wants_json() if as_json is None else as_json:
        body = {"type": "about:blank", "title": title, "status": code, "detail": words}
        body["instance"] = instance or request.path
        return Response(json.dumps(body) + "\n", code, mimetype="application/problem+json")
    page = render_template("message.html", title=title, words=words, code=code)
    return Response(page, code, mimetype="text/html")


def of_error(error: Exception) -> Response:
    """The answer to an error in a view; what nobody expected is in the log only."""
    if isinstance(error, HTTPException):
        code = error.code or 500
        words = "There is nothing at this address." if code == 404 else error.description or error.name
        return problem(code, words)
    if isinstance(error, DatabaseAwayError):
        current_app.logger.warning("%s", error)
        return problem(503, "The database does not answer. See `okr status`.")
    if isinstance(error, ApiError):
        return problem(400, str(error))
    current_app.logger.exception("%s %s failed", request.method, request.path)
    return problem(500, "This failed; `okr logs api` says why.")


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    asked = accepted.best_match(["text/html", "application/json"]) == "application/json"
    return request.path.startswith("/api/") or (asked and "*/*" not in str(accepted))


def _plain(response: object) -> Response:
    assert isinstance(response, Response)
    return response
