"""Who is signed in is for the proxy to say: Airflow knows no password, keeps no user and asks nobody again.

Every request acts as the person its headers name, and the headers count only together with the secret that
the proxy and this process share. A token lives as long as its request, and no cookie is kept, so that whoever
signs in next on the same browser inherits nothing.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.app import AUTH_MANAGER_FASTAPI_APP_PREFIX, get_auth_manager, get_cookie_path
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN, BaseAuthManager
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.common.types import MenuItem
from airflow.api_fastapi.core_api.security import is_safe_url
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["ProxyAuthManager", "ProxySignIn"]

SECRET_VARIABLE = "OKR_PROXY_SECRET"
ROLES = {"viewer": "viewer", "operator": "op", "admin": "admin"}
TOKEN_SECONDS = 60
SIGN_OUT = "/sign-out"
HEALTH = "/api/v2/monitor/health"
EXECUTION = "/execution/"
NOT_FOR_VIEWERS = {MenuItem.CONFIG, MenuItem.CONNECTIONS, MenuItem.VARIABLES}
OURS = ("x-okr-user", "x-okr-role", "x-okr-proxy-secret")


class ProxyAuthManager(SimpleAuthManager):
    """Airflow's simple roles (viewer, op, admin) for people the proxy names."""

    def init(self) -> None:
        """Make no password file; refuse to start where nothing could tell the proxy from others."""
        BaseAuthManager.init(self)
        if not os.environ.get(SECRET_VARIABLE):
            raise ValueError(f"{SECRET_VARIABLE} is not set: nobody could sign in")

    def get_fastapi_middlewares(self) -> list[Any]:
        """What stands before every page and call."""
        return [(ProxySignIn, {"secret": os.environ[SECRET_VARIABLE]})]

    def get_url_login(self, **kwargs: Any) -> str:
        """Where the page goes when it holds itself for signed out."""
        return f"{AUTH_MANAGER_FASTAPI_APP_PREFIX}/login"

    def get_url_logout(self) -> str:
        """The sign-out of the whole product."""
        return SIGN_OUT

    def filter_authorized_menu_items(
        self, menu_items: list[MenuItem], *, user: SimpleAuthManagerUser
    ) -> list[MenuItem]:
        """A viewer is not shown what would be refused."""
        return [item for item in menu_items if user.role != "viewer" or item not in NOT_FOR_VIEWERS]

    def get_fastapi_app(self) -> FastAPI:
        """No form and no token for a password: whoever comes here is signed in and is sent on."""
        app = FastAPI(title="Sign-in", openapi_url=None)

        @app.get("/login")
        def login(request: Request, next: str = "") -> RedirectResponse:
            return RedirectResponse(next if next and is_safe_url(next, request) else get_cookie_path())

        return app


class ProxySignIn:
    """Makes each request act as the person its headers name; without the secret only health is told."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self.app = app
        self.secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass, sign in or refuse."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and _is_open(scope)):
            await self.app(scope, receive, send)
            return
        person = self._person(Headers(scope=scope))
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif person is None:
            answer = JSONResponse({"detail": "Not signed in: Airflow is reached through its proxy"}, 401)
            await answer(scope, receive, send)
        else:
            await self.app(_signed_in(scope, person), receive, send)

    def _person(self, headers: Headers) -> SimpleAuthManagerUser | None:
        """The person of the headers, if the proxy has set them, each once."""
        values = [headers.getlist(name) for name in OURS]
        if any(len(found) != 1 for found in values):
            return None
        (name,), (role,), (secret,) = values
        if not hmac.compare_digest(secret.encode("latin-1"), self.secret):
            return None
        return SimpleAuthManagerUser(username=name, role=ROLES[role]) if name and role in ROLES else None


def _is_open(scope: Scope) -> bool:
    """Health is for everyone; tasks come with tokens of their own, which their interface checks."""
    root, path = scope.get("root_path", ""), scope["path"]
    return path in (HEALTH, root + HEALTH) or path.startswith(root + EXECUTION)


def _signed_in(scope: Scope, person: SimpleAuthManagerUser) -> Scope:
    """The same request with a token for this person, and nothing else that could tell who it is."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    kept = [part.strip() for part in "; ".join(headers.getlist("cookie")).split(";")]
    cookies = "; ".join(part for part in kept if part and part.partition("=")[0] != COOKIE_NAME_JWT_TOKEN)
    for name in (*OURS, "authorization", "cookie"):
        del headers[name]
    if cookies:
        headers["cookie"] = cookies
    token = get_auth_manager().generate_jwt(person, expiration_time_in_seconds=TOKEN_SECONDS)
    headers["authorization"] = f"Bearer {token}"
    return {**scope, "headers": headers.raw}
