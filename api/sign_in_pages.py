"""The pages `/sign-in` and `/sign-out`."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session

from api import policy
from api.errors import DatabaseAwayError, ThrottledError, WrongPasswordError
from api.identity import Identity, client_address, identify, open_session, sign_ins

__all__ = ["local_path", "sign_in_pages"]

sign_in_pages = Blueprint("sign_in_pages", __name__)

COOKIES_OF_SERVICES = (
    ("_token", ("/", "/airflow", "/airflow/")),
    ("session", ("/", "/airflow", "/airflow/", "/bi", "/bi/")),
)
"""What Airflow and Superset keep of who signed in: it must not outlive the sign-in."""
AWAY = "The database does not answer, so nobody can sign in now. `okr status` on the machine tells more."


@sign_in_pages.get("/sign-in")
def ask() -> Response:
    """The form; who is signed in is told so, and never sent on: that could go round in circles."""
    found = identify()
    if isinstance(found, Identity):
        session.setdefault("csrf", secrets.token_urlsafe(24))
        page = render_template("signed_in.html", who=found, next=_next(), csrf=session["csrf"])
        return make_response(page)
    words = "Your sign-in has ended. Please sign in again." if "ended" in request.args else ""
    return _form(200, words)


@sign_in_pages.post("/sign-in")
def sign_in() -> Response:
    """Look at the name and password, and open a session."""
    if not _is_own_form():
        return _form(400, "This page had been open for too long. Please sign in again.")
    name, password = request.form.get("user", ""), request.form.get("password", "")
    try:
        user = sign_ins().sign_in(name, password, client_address())
    except WrongPasswordError as problem:
        return _form(401, str(problem))
    except ThrottledError as problem:
        response = _form(429, str(problem))
        response.headers["Retry-After"] = str(problem.seconds)
        return response
    except DatabaseAwayError:
        return _form(503, AWAY)
    open_session(user)
    session["csrf"] = secrets.token_urlsafe(24)
    return _without_cookies_of_services(make_response(redirect(_next(), 303)))


@sign_in_pages.get("/sign-out")
def ask_out() -> Response:
    """Sign out at a link of our own pages; a link of another site only gets the question."""
    if _came_from_here():
        return _out()
    found = identify()
    if not isinstance(found, Identity):
        return make_response(redirect("/sign-in", 302))
    session.setdefault("csrf", secrets.token_urlsafe(24))
    return make_response(render_template("signed_in.html", who=found, next="/", csrf=session["csrf"]))


@sign_in_pages.post("/sign-out")
def sign_out() -> Response:
    """Sign out, here or, by raising the user's generation, everywhere."""
    if not _is_own_form():
        return make_response(redirect("/sign-out", 303))
    found = identify()
    if "everywhere" in request.form and isinstance(found, Identity):
        sign_ins().users.end_sessions(found.user)
        sign_ins().known.forget(found.user)
    return _out()


def local_path(path: str | None) -> str:
    """Where to go after the sign-in: a path of our own, else the start page."""
    if not path or not path.startswith("/") or path.startswith("//") or len(path) > 2000:
        return "/"
    if "\\" in path or any(ord(letter) < 33 or ord(letter) == 127 for letter in path):
        return "/"
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or parts.path in ("/sign-in", "/sign-out"):
        return "/"
    return path


def _next() -> str:
    return local_path(request.values.get("next"))


def _form(code: int, words: str) -> Response:
    session.setdefault("csrf", secrets.token_urlsafe(24))
    name = request.form.get("user", "")[:100]
    page = render_template("sign_in.html", words=words, next=_next(), csrf=session["csrf"], name=name)
    return make_response(page, code)


def _is_own_form() -> bool:
    if policy.is_foreign(request.headers.get("Origin"), request.host):
        return False
    kept, sent = session.get("csrf"), request.form.get("csrf", "")
    return isinstance(kept, str) and hmac.compare_digest(kept.encode(), sent.encode())


def _came_from_here() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    referrer = request.headers.get("Referer")
    return referrer is not None and not policy.is_foreign(referrer, request.host)


def _out() -> Response:
    session.clear()
    g.identity = None
    return _without_cookies_of_services(make_response(redirect("/sign-in", 303)))


def _without_cookies_of_services(response: Response) -> Response:
    for name, paths in COOKIES_OF_SERVICES:
        for path in paths:
            response.delete_cookie(name, path=path)
    return response
