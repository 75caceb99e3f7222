"""Who is asking: the user and the role nginx sends, believed only together with the secret it shares.

Nothing else signs anybody in: no password, no token, no session. The user is made out anew for each request,
so a change of user or role at the one sign-in holds at once, and signing out there signs out here.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Request, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.views import AuthRemoteUserView
from flask_login import LoginManager, current_user
from sqlalchemy.exc import SQLAlchemyError
from superset.security import SupersetSecurityManager
from werkzeug import Response

ROLES = {"viewer": "OKR viewer", "operator": "OKR operator", "admin": "Admin"}
LONGEST_NAME = 64
SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"


class OneSignInView(AuthRemoteUserView):
    """Stands where Superset's own login form would: sends people to the one sign-in, and back."""

    @expose("/login/")
    def login(self) -> Response:
        """Go to the one sign-in; whoever is signed in goes to the first page."""
        home = self.appbuilder.get_url_for_index
        if self.appbuilder.sm.current_user is not None:
            return redirect(home)
        wanted = urlsplit(request.args.get("next", ""))
        path = wanted.path + (f"?{wanted.query}" if wanted.query else "")
        ours = path.startswith(f"{request.script_root}/")
        return redirect(f"{SIGN_IN}?next={quote(path if ours else home, safe='')}")

    @expose("/logout/")
    def logout(self) -> Response:
        """Sign out where one signed in."""
        return redirect(SIGN_OUT)


class ProxySecurityManager(SupersetSecurityManager):
    """Superset's security with the proxy as the only door."""

    register_superset_auth_view = False
    register_superset_registeruser_view = False
    authremoteuserview = OneSignInView

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        self.proxy_secret: str = appbuilder.app.config["OKR_PROXY_SECRET"]

    @staticmethod
    def before_request() -> None:
        """Make out the user before anything else: it may write, and must not do so amid another write."""
        g.user = current_user
        current_user.is_authenticated  # noqa: B018 - asking is what makes it out

    def create_login_manager(self, app: Any) -> LoginManager:
        """The headers decide; a user number in a session or a token is not asked for."""
        manager = super().create_login_manager(app)
        manager.user_loader(lambda _: None)
        return manager

    def request_loader(self, request: Request) -> Any | None:
        """The user of a request; None, which is nobody, unless the proxy vouches."""
        name = request.headers.get("X-Okr-User", "")
        role = ROLES.get(request.headers.get("X-Okr-Role", ""))
        given = request.headers.get("X-Okr-Proxy-Secret", "").encode()
        if not hmac.compare_digest(given, self.proxy_secret.encode()):
            return None
        if role is None or not 0 < len(name) <= LONGEST_NAME:
            return None
        if g.get("signing_in"):
            return None  # the database asks who writes the new user: nobody yet
        g.signing_in = True
        try:
            return self.user_in_role(name, role)
        finally:
            g.signing_in = False

    def user_in_role(self, name: str, role: str) -> Any | None:
        """The user with exactly this role, made on first sight; None for one an admin has switched off."""
        user = self.find_user(username=name)
        if user is None:
            # False when another thread was quicker: then the user is there now.
            self.add_user(name, name, "", f"{quote(name)}@users.invalid", self.find_role(role))
            user = self.find_user(username=name)
        if user is None or not user.is_active:
            return None
        if [each.name for each in user.roles] != [role]:
            user = self._move(user, role)
        return user

    def _move(self, user: Any, role: str) -> Any | None:
        name = user.username
        try:
            user.roles = [self.find_role(role)]
            self.session.commit()
        except SQLAlchemyError:
            self.session.rollback()  # another thread moved the same user
            user = self.find_user(username=name)
        return user if user and [each.name for each in user.roles] == [role] else None

    def auth_user_db(self, username: str, password: str) -> None:
        """Nobody: Superset keeps no passwords."""

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> None:
        """Nobody: no token was ever given out."""
