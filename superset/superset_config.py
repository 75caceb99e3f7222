"""Superset's configuration: served at /bi, signed in by the proxy, without Redis or Celery.

Superset reads the upper-case names of this module (`SUPERSET_CONFIG_PATH` points here). Everything that
differs from place to place comes from the environment, which `stack/services/superset_server.py` fills.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask_appbuilder.const import AUTH_REMOTE_USER
from sqlalchemy.engine import make_url
from sqlalchemy.engine.url import URL
from superset.config import THEME_DEFAULT

from sign_in import ProxySecurityManager

HOME = Path(os.environ["OKR_HOME"]) / "superset"
WAREHOUSE = make_url(os.environ["OKR_SUPERSET_WAREHOUSE"])
PREFIX = os.environ.get("SUPERSET_APP_ROOT", "/bi")
MINUTE = 60

SECRET_KEY = os.environ["OKR_SUPERSET_SECRET"]
# The login looks into okr_curated, as the warehouse wants it; Superset's own tables lie in public.
SQLALCHEMY_DATABASE_URI = (
    make_url(os.environ["OKR_SUPERSET_METADATA"])
    .update_query_dict({"options": "-csearch_path=public", "application_name": "okr_superset"})
    .render_as_string(hide_password=False)
)
SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True}

# Who signs in: the proxy says it, nobody else (sign_in.py).
AUTH_TYPE = AUTH_REMOTE_USER
AUTH_USER_REGISTRATION = False
AUTH_USERNAME_CI = False
AUTH_RATE_LIMITED = False
CUSTOM_SECURITY_MANAGER = ProxySecurityManager
OKR_PROXY_SECRET = os.environ["OKR_PROXY_SECRET"]
# Permissions are written once, when the tables are made (metadata.py), not at each start.
FAB_UPDATE_PERMS = False

# Behind nginx, at a prefix of the one URL; only the headers that nginx itself sets are believed.
ENABLE_PROXY_FIX = True
PROXY_FIX_CONFIG = {"x_for": 1, "x_proto": 1, "x_host": 0, "x_port": 0, "x_prefix": 0}
SESSION_COOKIE_NAME = "okr_bi_session"
SESSION_COOKIE_PATH = PREFIX
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = os.environ.get("OKR_SECURE_COOKIES") == "1"
RATELIMIT_ENABLED = False

# What a page may load: this server's own files. The default also calls its makers and map servers.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": SESSION_COOKIE_SECURE,
}
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []


def file_cache(folder: str, minutes: int) -> dict[str, str | int]:
    """A cache in a folder of its own: it needs no server, and a restart keeps it."""
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(HOME / folder),
        "CACHE_DEFAULT_TIMEOUT": minutes * MINUTE,
        "CACHE_THRESHOLD": 2000,
    }


CACHE_CONFIG = file_cache("cache", 60)
# A build may end at any moment, and the dashboards must say what SQL says: figures are kept for one minute.
DATA_CACHE_CONFIG = file_cache("figures", 1)
FILTER_STATE_CACHE_CONFIG = file_cache("filters", 90 * 24 * 60)
EXPLORE_FORM_DATA_CACHE_CONFIG = file_cache("forms", 7 * 24 * 60)

FEATURE_FLAGS = {"ALERT_REPORTS": False, "THUMBNAILS": False, "DASHBOARD_RBAC": False}
SQLLAB_TIMEOUT = MINUTE
SUPERSET_WEBSERVER_TIMEOUT = 2 * MINUTE
ROW_LIMIT = 10_000
SUPERSET_LOAD_EXAMPLES = False
APP_NAME = "OKR Warehouse"
# superset.config reads this file at its own end, so that what it says before is known here.
# The dot keeps the server from putting the prefix before it: the page does so too.
LOGO = {
    "brandAppName": APP_NAME,
    "brandLogoAlt": APP_NAME,
    "brandLogoUrl": "/./static/assets/images/superset-logo-horiz.png",
}
THEME_DEFAULT = {**THEME_DEFAULT, "token": {**THEME_DEFAULT["token"], **LOGO}}
THEME_DARK = {**THEME_DEFAULT, "algorithm": "dark"}
LOG_LEVEL = "WARNING"


def DB_CONNECTION_MUTATOR(
    address: URL, params: dict, username: str | None, security_manager: object, source: object
) -> tuple[URL, dict]:
    """Give the warehouse's connections the password of this environment: Superset stores none."""
    if address.set(password=None) == WAREHOUSE.set(password=None):
        return WAREHOUSE, params
    return address, params
