"""Who may do what in a real Superset, header by header."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests

import settings
from settings import Role

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

PAGES = ("/superset/welcome/", "/superset/dashboard/okr-health/", "/chart/list/", "/sqllab/")
CALLS = ("/api/v1/me/", "/api/v1/dashboard/", "/api/v1/chart/", "/api/v1/dataset/", "/api/v1/database/")
STRANGERS = {
    "nobody": {},
    "no secret": {"X-Okr-User": "eve", "X-Okr-Role": "admin"},
    "wrong secret": {"X-Okr-User": "eve", "X-Okr-Role": "admin", "X-Okr-Proxy-Secret": "guess"},
    "remote user": {"Remote-User": "eve", "X-Remote-User": "eve", "REMOTE_USER": "eve"},
}


def ask(superset: Any, path: str, headers: dict[str, str], method: str = "GET") -> requests.Response:
    return requests.request(
        method, superset.address + path, headers=headers, allow_redirects=False, timeout=60
    )


def me(session: requests.Session, superset: Any) -> dict[str, Any]:
    answer = session.get(f"{superset.address}/api/v1/me/roles/", timeout=60)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["result"]
    return found


@pytest.mark.parametrize("who", STRANGERS)
def test_whom_the_proxy_does_not_vouch_for_is_nobody(superset: Any, who: str) -> None:
    for path in CALLS:
        assert ask(superset, path, STRANGERS[who]).status_code == 401, path
    for path in PAGES:
        to_login = ask(superset, path, STRANGERS[who])
        assert to_login.status_code == 302, path
        login = requests.compat.urljoin(superset.address, to_login.headers["Location"])
        answer = requests.get(login, headers=STRANGERS[who], allow_redirects=False, timeout=60)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in?next=%2Fbi%2F"), path


def test_the_right_secret_with_an_unknown_role_or_no_name_is_nobody(superset: Any) -> None:
    for user, role in (("ann", "owner"), ("ann", ""), ("", "admin"), ("a" * 65, "admin")):
        assert ask(superset, "/api/v1/me/", superset.headers(user, role)).status_code == 401


def test_the_way_back_never_leads_elsewhere(superset: Any) -> None:
    for place in ("https://evil.example/bi/", "//evil.example/", "/elsewhere", "javascript:alert(1)"):
        answer = ask(superset, f"/login/?next={place}", {})
        assert "evil" not in answer.headers["Location"].replace("%2Fbi%2F", "") or place.endswith("/bi/")
        assert answer.headers["Location"].startswith("/sign-in?next=%2Fbi%2F")


def test_passwords_and_tokens_open_nothing(superset: Any) -> None:
    superset.session("ann", "admin").get(f"{superset.address}/api/v1/me/", timeout=60)
    for provider in ("db", "ldap"):
        words = {"username": "ann", "password": "ann", "provider": provider, "refresh": True}
        answer = requests.post(f"{superset.address}/api/v1/security/login", json=words, timeout=60)
        assert answer.status_code in (400, 401), answer.text
        assert "access_token" not in answer.text
    assert ask(superset, "/api/v1/me/", {"Authorization": "Bearer abc.def.ghi"}).status_code in (401, 422)


def test_a_session_signs_nobody_in(superset: Any) -> None:
    """The cookie of an admin's browser, without the proxy's headers, is worth nothing."""
    session = superset.session("ann", "admin")
    assert me(session, superset)["username"] == "ann"
    for name in ("X-Okr-User", "X-Okr-Role", "X-Okr-Proxy-Secret"):
        del session.headers[name]
    assert session.cookies.get("okr_bi_session")
    assert session.get(f"{superset.address}/api/v1/me/", timeout=60).status_code == 401


def test_another_user_in_the_same_browser_is_that_user_at_once(superset: Any) -> None:
    session = superset.session("ann", "admin")
    assert me(session, superset)["username"] == "ann"
    session.headers.update(superset.headers("bob", "viewer"))
    assert me(session, superset)["username"] == "bob"
    assert list(me(session, superset)["roles"]) == ["OKR viewer"]


def test_a_changed_role_holds_at_once_and_alone(superset: Any) -> None:
    user = f"carol-{uuid4().hex[:6]}"
    for role, name in (("viewer", "OKR viewer"), ("admin", "Admin"), ("operator", "OKR operator")):
        assert list(me(superset.session(user, role), superset)["roles"]) == [name]


def test_names_that_differ_only_in_case_are_two_people(superset: Any) -> None:
    me(superset.session("dora", "admin"), superset)
    assert me(superset.session("Dora", "viewer"), superset)["username"] == "Dora"


def test_nobody_signs_in_as_the_owner_of_the_dashboards(superset: Any) -> None:
    assert ask(superset, "/api/v1/me/", superset.headers("okr-warehouse", "admin")).status_code == 401


@pytest.mark.parametrize(
    ("role", "path", "code"),
    [
        ("viewer", "/superset/dashboard/okr-health/", 200),
        ("viewer", "/sqllab/", 403),
        ("viewer", "/api/v1/security/users/", 403),
        ("viewer", "/api/v1/query/", 403),
        ("operator", "/superset/dashboard/okr-health/", 200),
        ("operator", "/sqllab/", 200),
        ("operator", "/api/v1/security/users/", 403),
        ("admin", "/sqllab/", 200),
        ("admin", "/api/v1/security/users/", 200),
    ],
)
def test_what_each_role_may_see(superset: Any, role: str, path: str, code: int) -> None:
    assert ask(superset, path, superset.headers(f"the-{role}", role)).status_code == code


def test_a_viewer_writes_nothing(superset: Any) -> None:
    session = superset.session("the-viewer", "viewer")
    dashboard = session.get(f"{superset.address}/api/v1/dashboard/okr-health", timeout=60).json()["result"]
    tries = [
        ("PUT", f"/api/v1/dashboard/{dashboard['id']}", {"dashboard_title": "Mine"}),
        ("DELETE", f"/api/v1/dashboard/{dashboard['id']}", None),
        ("POST", "/api/v1/dashboard/", {"dashboard_title": "Mine"}),
        ("PUT", "/api/v1/chart/1", {"slice_name": "Mine"}),
        ("DELETE", "/api/v1/dataset/1", None),
        ("POST", "/api/v1/chart/", {"slice_name": "x", "datasource_id": 1, "datasource_type": "table"}),
        ("POST", "/api/v1/database/", {"database_name": "x", "sqlalchemy_uri": "postgresql:///x"}),
        ("POST", "/api/v1/sqllab/execute/", {"database_id": 1, "sql": "select 1"}),
    ]
    codes = {
        f"{method} {path}": session.request(
            method, superset.address + path, json=body, allow_redirects=False, timeout=60
        ).status_code
        for method, path, body in tries
    }
    assert set(codes.values()) == {403}, codes


def test_an_operator_writes_dashboards_and_no_connections(superset: Any) -> None:
    session = superset.session("the-operator", "operator")
    made = session.post(
        f"{superset.address}/api/v1/dashboard/", json={"dashboard_title": "A try"}, timeout=60
    )
    assert made.status_code == 201, made.text
    gone = session.delete(f"{superset.address}/api/v1/dashboard/{made.json()['id']}", timeout=60)
    assert gone.status_code == 200
    connection = {"database_name": "x", "sqlalchemy_uri": "postgresql+psycopg2://postgres@/postgres"}
    refused = session.post(f"{superset.address}/api/v1/database/", json=connection, timeout=60)
    assert refused.status_code == 403


def test_sql_of_an_operator_reads_what_is_curated_and_nothing_else(superset: Any) -> None:
    session = superset.session("the-operator", "operator")

    def run(statement: str) -> requests.Response:
        words = {"database_id": 1, "sql": statement, "runAsync": False, "expand_data": True}
        return session.post(f"{superset.address}/api/v1/sqllab/execute/", json=words, timeout=60)

    read = run("select count(*) as n from okr_curated.fct_key_results")
    assert read.status_code == 200, read.text
    assert read.json()["data"][0]["n"] > 0
    for statement in ("select * from okr_raw.records limit 1", "delete from okr_curated.fct_key_results"):
        assert run(statement).status_code >= 400, statement


def test_the_login_of_the_warehouse_reads_what_is_curated_only(
    superset_config: settings.Settings, figures: psycopg.Connection
) -> None:
    assert figures.execute("select count(*) from okr_curated.fct_key_results").fetchone() != (0,)
    for statement in (
        "select 1 from okr_raw.records",
        "select 1 from okr_ops.users",
        "create table t (i int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            figures.execute(statement)
    kept = superset_config.postgres.conninfo(Role.SUPERSET, superset_config.postgres.superset_database)
    with psycopg.connect(kept) as connection:
        address, password = connection.execute(
            "select sqlalchemy_uri, password from public.dbs where database_name = 'OKR Warehouse'"
        ).fetchone() or ("", "")
    assert "okr_superset@/" in address
    assert password is None
