"""Who asks: by the signed cookie or HTTP Basic at `/auth`, by nginx's own headers everywhere behind it."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass

from flask import Request, current_app, g, request, session

from api.errors import DatabaseAwayError, ThrottledError, WrongPasswordError
from api.sign_ins import SignIns
from api.users import User

__all__ = [
    "EXTENSION",
    "Identity",
    "Refusal",
    "behind_proxy",
    "client_address",
    "identify",
    "open_session",
    "proxied_identity",
    "sign_ins",
    "signed_in",
]

EXTENSION = "okr_sign_ins"


@dataclass(frozen=True, slots=True)
class Identity:
    """Someone who is signed in."""

    user: str
    role: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why someone is not signed in: absent, ended, wrong, throttled or away; and when to try again."""

    reason: str
    seconds: int = 0


def sign_ins() -> SignIns:
    """The sign-ins of this application."""
    found: SignIns = current_app.extensions[EXTENSION]
    return found


def behind_proxy() -> bool:
    """Whether this request came through nginx, which alone knows the secret."""
    secret = current_app.config["PROXY_SECRET"]
    return hmac.compare_digest(request.headers.get("X-Okr-Proxy-Secret", "").encode(), secret.encode())


def client_address() -> str:
    """Address of the client: nginx's word where it is nginx who asks."""
    told = request.headers.get("X-Real-IP") if behind_proxy() else None
    return told or request.remote_addr or "unknown"


def proxied_identity() -> Identity | None:
    """Who nginx says is asking."""
    user, role = request.headers.get("X-Okr-User"), request.headers.get("X-Okr-Role")
    return Identity(user, role) if user and role and behind_proxy() else None


def identify() -> Identity | Refusal:
    """Who asks, by cookie or HTTP Basic; or why nobody does."""
    try:
        user = _by_cookie()
        if user is None and _has_basic(request):
            user = _by_basic(request)
    except WrongPasswordError:
        return Refusal("wrong")
    except ThrottledError as problem:
        return Refusal("throttled", problem.seconds)
    except DatabaseAwayError as problem:
        current_app.logger.warning("Who asks cannot be told: %s", problem)
        return Refusal("away")
    if user:
        return Identity(user.name, user.role)
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    was_here = "user" in session or (cookie in request.cookies and not session)
    return Refusal("ended" if was_here else "absent")


def open_session(user: User) -> None:
    """Begin a session of a user; what an earlier one held is gone."""
    session.clear()
    session.permanent = True
    session.update(user=user.name, generation=user.generation, issued=int(time.time()))


def _by_cookie() -> User | None:
    name, issued = session.get("user"), session.get("issued")
    if not isinstance(name, str) or not isinstance(issued, int):
        return None
    if time.time() - issued > current_app.permanent_session_lifetime.total_seconds():
        return None
    user = sign_ins().known.find(name)
    return user if user and user.generation == session.get("generation") else None


def _has_basic(asked: Request) -> bool:
    return asked.authorization is not None and asked.authorization.type == "basic"


def _by_basic(asked: Request) -> User:
    given = asked.authorization
    name, password = (given.username, given.password) if given else (None, None)
    return sign_ins().sign_in_again(name or "", password or "", client_address())


def signed_in() -> Identity:
    """Who is asking, in a view that is only reached by someone."""
    identity: Identity = g.identity
    return identity
