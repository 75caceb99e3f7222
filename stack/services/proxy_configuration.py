"""The configuration of nginx: what lies where behind the one URL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jinja2

import settings
from settings import ROOT
from stack.account import server_account
from stack.errors import ServiceError
from stack.secrets import Secrets

__all__ = ["DOORS", "proxy_folder", "render"]

TEMPLATES = ROOT / "stack" / "nginx"
WORKERS = "nobody"
PAGES = {"docs": "okr run", "quality": "okr run"}
"""Folders of files under OKR_HOME, and the command that writes them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A service behind a prefix. `keeps_bodies`: a request is taken in whole before it is passed on."""

    name: str
    prefix: str
    label: str
    patience: int = 300
    largest_body: str = "64m"
    keeps_bodies: bool = True


AIRFLOW = Place("airflow", "/airflow", "Airflow")
MLFLOW = Place("mlflow", "/mlflow", "MLflow", patience=900, largest_body="0", keeps_bodies=False)
SUPERSET = Place("superset", "/bi", "Superset")
KAFKA_UI = Place("kafka_ui", "/kafka", "The Kafka UI", patience=3600)
PLACES = (AIRFLOW, MLFLOW, SUPERSET, KAFKA_UI)


@dataclass(frozen=True, slots=True)
class Door:
    """A port of a service's own; `bare` prefixes are those its clients use without ours."""

    setting: str
    place: Place
    bare: tuple[str, ...] = ()


DOORS = (
    Door("airflow_port", AIRFLOW, ("/api/",)),
    Door("mlflow_port", MLFLOW, ("/api/", "/ajax-api/")),
    Door("kafka_ui_port", KAFKA_UI),
)


def proxy_folder(config: settings.Settings) -> Path:
    """Where nginx keeps what it needs."""
    return config.home / "services" / "nginx"


def render(config: settings.Settings, secrets: Secrets, port: int, doors: tuple[Door, ...]) -> str:
    """The text of nginx.conf. Raises ServiceError where a path cannot be written into it."""
    addresses = config.addresses
    tls = addresses.tls_certificate and {
        "certificate": addresses.tls_certificate,
        "key": addresses.tls_key,
    }
    for path in (config.home, *(tls.values() if tls else ())):
        if {'"', "$", "\\", "\n", "{", "}"} & set(str(path)):
            raise ServiceError(f'{str(path)!r}: nginx takes no path with one of " $ \\ {{ }} in it')
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("nginx.conf").render(
        account=_account(),
        answers=list(_answers()),
        doors=[
            {"port": getattr(addresses, door.setting), "place": door.place, "bare": door.bare}
            for door in doors
        ],
        folder=proxy_folder(config),
        home=config.home.resolve(),
        listen=_listen(addresses.bind, port),
        pages=PAGES,
        places=PLACES,
        secret=secrets.proxy,
        tls=tls,
        upstreams=[
            {"name": name, "port": addresses.behind(name)}
            for name in ("api", *(place.name for place in PLACES))
        ],
    )


def _account() -> str | None:
    account = server_account(WORKERS)
    if not account.steps_down:
        return None
    import grp  # noqa: PLC0415 - not on every system, and only root needs it

    return f"{account.name} {grp.getgrgid(account.gid).gr_name}"


def _listen(bind: str, port: int) -> str:
    return f"[{bind}]:{port}" if ip_address(bind).version == 6 else f"{bind}:{port}"


def _answers() -> list[dict[str, Any]]:
    """What nginx says by itself: `$okr_service` is the one that was asked."""
    words = {
        "away": (502, "Bad Gateway", "$okr_service does not answer; see the start page, or okr status."),
        "down": (
            503,
            "Service Unavailable",
            "The API, which knows who may sign in, does not answer; see okr status.",
        ),
        "large": (413, "Content Too Large", "What was sent is larger than $okr_service takes."),
        "missing": (
            404,
            "Not Found",
            "There is nothing at this address, or not yet: okr run writes the pages.",
        ),
    }
    found = []
    for name, (code, title, text) in words.items():
        problem = {"type": "about:blank", "title": title, "status": code, "detail": text}
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{escape(title)}</title>"
            '<link rel="stylesheet" href="/sign-in/static/style.css"></head>'
            f'<body><main class="card"><h1>{escape(title)}</h1><p>{escape(text)}</p>'
            '<p><a href="/">Start page</a></p></main></body></html>'
        )
        for kind, media, body in (
            ("json", "application/problem+json", json.dumps(problem)),
            ("page", "text/html", page),
        ):
            found.append({"name": name, "kind": kind, "code": code, "type": media, "text": body})
    return found
