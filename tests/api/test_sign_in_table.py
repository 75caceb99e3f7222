"""Who may open what, path by path: real nginx, real API, and an echo where each service would be."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask.sessions import SecureCookieSessionInterface, session_json_serializer
from itsdangerous import URLSafeTimedSerializer

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

# Path, whether a page is asked for, and who may read it.
ALL, STAFF = ("viewer", "operator", "admin"), ("operator", "admin")
PATHS = (
    ("/", True, ALL),
    ("/nothing-here", True, ALL),
    ("/api/status", False, ALL),
    ("/api/metrics", False, ALL),
    ("/api/openapi.json", False, ALL),
    ("/airflow", True, ALL),
    ("/airflow/", True, ALL),
    ("/airflow/dags?a=1&b=2", True, ALL),
    ("/airflow/api/v2/dags", False, ALL),
    ("/airflow/execution/health", False, ()),
    ("/mlflow", True, ALL),
    ("/mlflow/", True, ALL),
    ("/mlflow/api/2.0/mlflow/registered-models/search", False, ALL),
    ("/mlflow/ajax-api/2.0/mlflow/runs/get", False, ALL),
    ("/mlflow/ajax-api/2.0/mlflow/gateway-proxy", False, STAFF),
    ("/bi/", True, ALL),
    ("/bi/api/v1/dashboard/", False, ALL),
    ("/kafka", True, STAFF),
    ("/kafka/", True, STAFF),
    ("/docs", True, ALL),
    ("/docs/", True, ALL),
    ("/docs/index.html", True, ALL),
    ("/quality/", True, ALL),
)
SPOOFED = {
    "X-Okr-User": "a-admin",
    "X-Okr-Role": "admin",
    "X-Okr-Proxy-Secret": "guess",
    "X_Okr_User": "a-admin",
    "Remote-User": "a-admin",
    "REMOTE_USER": "a-admin",
    "X-Remote-User": "a-admin",
    "X-Forwarded-User": "a-admin",
    "X-Forwarded-Prefix": "/elsewhere",
    "X-Forwarded-For": "203.0.113.9",
}
STARTS = (
    ("POST", "/airflow/api/v2/dags/okr_ingest/dagRuns"),
    ("PATCH", "/airflow/api/v2/dags/okr_ingest"),
    ("POST", "/airflow/api/v2/dags/okr_ingest/clearTaskInstances"),
    ("POST", "/airflow//api/v2/dags/okr_ingest/dagRuns"),
    ("POST", "/mlflow/api/2.0/mlflow/experiments/create"),
    ("POST", "/mlflow/ajax-api/2.0/mlflow/runs/search/../create"),
    ("POST", "/mlflow/ajax-api/2.0/mlflow/runs/search%2f..%2fcreate"),
    ("PUT", "/mlflow/api/2.0/mlflow-artifacts/artifacts/1/model.pkl"),
    ("DELETE", "/mlflow/api/2.0/mlflow/registered-models/delete"),
    ("DELETE", "/mlflow/api/2.0/mlflow/runs/search"),
    ("POST", "/bi/api/v1/dashboard/"),
    ("POST", "/bi/api/v1/sqllab/execute/"),
    ("POST", "/api/anything"),
    ("GET", "/kafka/"),
    ("GET", "/airflow/../kafka/"),
    ("GET", "/airflow/%2e%2e/kafka/"),
    ("POST", "/docs/"),
)
READ_BY_POST = (
    "/mlflow/ajax-api/2.0/mlflow/runs/search",
    "/mlflow/api/2.0/mlflow/registered-models/get-latest-versions",
    "/mlflow/graphql",
    "/airflow/api/v2/dags/~/dagRuns/list",
    "/bi/api/v1/chart/data",
    "/bi/superset/log/",
)


def cookie(site: Any, **changes: Any) -> dict[str, str]:
    """A cookie signed with the real key, as one that has leaked could be."""
    key = site.services["api"].environment["OKR_SESSION_KEY"]
    signer = URLSafeTimedSerializer(
        key,
        salt="cookie-session",
        serializer=session_json_serializer,
        signer_kwargs={
            "key_derivation": "hmac",
            "digest_method": SecureCookieSessionInterface.digest_method,
        },
    )
    user = site.users.find("a-admin")
    held = {"_permanent": True, "user": user.name, "generation": user.generation, "issued": int(time.time())}
    return {"okr_session": str(signer.dumps(held | changes))}


def people(site: Any) -> dict[str, httpx.Client]:
    site.users.add("a-leaver", "admin", "correct horse battery")
    found = {
        "nobody": site.client(),
        "spoofed": site.client(headers=SPOOFED),
        "forged": site.client(cookies={"okr_session": "eyJ1c2VyIjoiYS1hZG1pbiJ9.aGVsbG8.forged"}),
        "expired": site.client(cookies=cookie(site, issued=int(time.time()) - 13 * 3600)),
        "removed": site.signed_in("a-leaver"),
        "wrong basic": site.client(auth=("a-stranger", "guess")),
        **{role: site.signed_in(f"a-{role}") for role in ALL},
        "basic": site.client(auth=("a-operator", "correct horse battery")),
    }
    site.users.remove("a-leaver")
    return found


def expected(person: str, path: str, is_page: bool, readers: tuple[str, ...]) -> set[int]:
    role = {"basic": "operator"}.get(person, person)
    if role not in ALL:
        if person == "wrong basic":
            return {401, 429}
        return {302} if is_page else {401}
    if role not in readers:
        return {403}
    if path in ("/airflow", "/mlflow", "/kafka", "/docs"):
        return {301}
    return {404} if path == "/nothing-here" else {200}


def test_the_table(site: Any, tell: Callable[[str, str], None]) -> None:
    who = people(site)
    time.sleep(10.2)  # the API looks at a user's row every ten seconds
    heading = "sign-in: what each path answers to whom"
    tell(heading, f"{'path':<52}" + "".join(f"{name:>12}" for name in who))
    wrong = []
    for path, is_page, readers in PATHS:
        cells = []
        for person, client in who.items():
            answer = site.ask(client, path, is_page)
            cells.append(f"{answer.status_code:>12}")
            if answer.status_code not in expected(person, path, is_page, readers):
                wrong.append((path, person, answer.status_code, answer.text[:200]))
            if answer.status_code == 302:
                assert answer.headers["location"].startswith("/sign-in?next=/")
            if answer.status_code in (401, 403) and not is_page:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["status"] == answer.status_code
        tell(heading, f"{path:<52}" + "".join(cells))
    assert wrong == []


@pytest.mark.parametrize(("method", "path"), STARTS)
def test_a_viewer_can_start_nothing(site: Any, method: str, path: str) -> None:
    with socket.create_connection(("127.0.0.1", site.config.addresses.port), 10) as raw:
        token = site.signed_in("a-viewer").cookies["okr_session"]
        headers = f"Host: x\r\nAccept: application/json\r\nCookie: okr_session={token}\r\nContent-Length: 0"
        raw.sendall(f"{method} {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n".encode())
        status = int(raw.recv(65536).split()[1])
    assert status in {400, 403}, status


@pytest.mark.parametrize("path", READ_BY_POST)
def test_a_viewer_reads_by_post_where_a_service_reads_so(site: Any, path: str) -> None:
    assert site.signed_in("a-viewer").post(path, json={}).status_code == 200


@pytest.mark.parametrize("role", ALL)
def test_what_a_service_is_told_comes_from_nginx_alone(site: Any, role: str) -> None:
    client = site.signed_in(f"a-{role}", headers=SPOOFED)
    client.cookies.set("other", "kept")
    told = site.ask(client, "/airflow/api/v2/x?y=%2F", False).json()
    secret = site.services["api"].environment["OKR_PROXY_SECRET"]
    got = told["headers"]
    assert (told["service"], told["path"]) == ("airflow", "/airflow/api/v2/x?y=%2F")
    assert got["x-okr-user"] == [f"a-{role}"]
    assert got["x-okr-role"] == [role]
    assert got["x-okr-proxy-secret"] == [secret]
    assert got["host"] == [f"127.0.0.1:{site.config.addresses.port}"]
    assert got["x-forwarded-for"] == ["127.0.0.1"]
    gone = {"x_okr_user", "remote-user", "remote_user", "x-remote-user", "x-forwarded-user", "authorization"}
    assert not (gone | {"x-forwarded-prefix"}) & got.keys()
    assert "other=kept" in got["cookie"][0] and "okr_session" not in got["cookie"][0]


def test_a_password_goes_no_further_than_the_sign_in_and_a_token_does(site: Any) -> None:
    basic = site.client(auth=("a-viewer", "correct horse battery"))
    assert "authorization" not in site.ask(basic, "/mlflow/api/x", False).json()["headers"]
    signed = site.signed_in("a-viewer", headers={"Authorization": "Bearer of-airflow"})
    told = site.ask(signed, "/airflow/api/v2/dags", False).json()["headers"]
    assert told["authorization"] == ["Bearer of-airflow"]


def test_a_page_of_another_site_can_start_nothing(site: Any) -> None:
    admin = site.signed_in("a-admin")
    path = "/mlflow/api/2.0/mlflow/experiments/create"
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{site.config.addresses.port + 1}"):
        assert admin.post(path, json={}, headers={"Origin": origin}).status_code == 403
    assert admin.post(path, json={}, headers={"Origin": site.url}).status_code == 200
