"""Who Airflow takes a request for: whom the proxy names, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.api_fastapi import app as airflow_app
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.types import MenuItem
from okr_sign_in import ProxyAuthManager, ProxySignIn
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

SECRET = "the proxy's secret"
ROOT_PATH = "/airflow"


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProxyAuthManager]:
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "s" * 64)
    monkeypatch.setenv("OKR_PROXY_SECRET", SECRET)
    made = ProxyAuthManager()
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", made)
    made.init()
    yield made


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """What Airflow behind the middleware would see of a request."""
    seen = json.dumps([[name.decode(), value.decode()] for name, value in scope["headers"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": seen})


@pytest.fixture
def client() -> TestClient:
    return TestClient(ProxySignIn(echo, SECRET), root_path=ROOT_PATH)


def named(user: str = "ada", role: str = "admin", secret: str = SECRET) -> dict[str, str]:
    return {"X-Okr-User": user, "X-Okr-Role": role, "X-Okr-Proxy-Secret": secret}


def claims(manager: ProxyAuthManager, answer: Any) -> dict[str, Any]:
    tokens = [value for name, value in answer.json() if name == "authorization"]
    assert len(tokens) == 1
    return manager._get_token_validator().validated_claims(tokens[0].removeprefix("Bearer "))


@pytest.mark.parametrize(("role", "theirs"), [("viewer", "viewer"), ("operator", "op"), ("admin", "admin")])
def test_the_person_of_the_headers_acts(
    client: TestClient, manager: ProxyAuthManager, role: str, theirs: str
) -> None:
    answer = client.get("/airflow/api/v2/dags", headers=named("jo", role))
    assert answer.status_code == 200
    said = claims(manager, answer)
    assert (said["sub"], said["role"]) == ("jo", theirs)
    assert said["exp"] - said["iat"] <= 60


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Okr-User": "ada", "X-Okr-Role": "admin"},
        named(secret=""),
        named(secret="guess"),
        named(secret=SECRET + "x"),
        named(user=""),
        named(role=""),
        named(role="Admin"),
        named(role="op"),
        {"X-Okr-Proxy-Secret": SECRET},
        {"Authorization": "Bearer something"},
        {"Cookie": "_token=something"},
    ],
)
@pytest.mark.parametrize("path", ["/airflow/", "/airflow/api/v2/dags", "/api/v2/dags", "/airflow/auth/login"])
def test_anyone_else_is_refused(client: TestClient, headers: dict[str, str], path: str) -> None:
    assert client.get(path, headers=headers).status_code == 401
    assert client.post(path, headers=headers).status_code == 401


def test_a_header_that_stands_twice_is_refused(client: TestClient) -> None:
    twice = [*named().items(), ("X-Okr-User", "root")]
    assert client.get("/airflow/", headers=twice).status_code == 401


def test_an_older_token_does_not_count(client: TestClient, manager: ProxyAuthManager) -> None:
    """Whoever signs in next on the same browser is himself, whatever the browser still sends."""
    before = client.get("/airflow/", headers=named("ada", "admin"))
    old = dict(before.json())["authorization"]
    cookies = {"Cookie": f"_token={old.removeprefix('Bearer ')}; theme=dark"}
    answer = client.get("/airflow/", headers=named("vera", "viewer") | {"Authorization": old} | cookies)
    assert claims(manager, answer)["sub"] == "vera"
    seen = dict(answer.json())
    assert seen["cookie"] == "theme=dark"
    assert not [name for name in seen if name.startswith("x-okr-")]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/api/v2/monitor/health", "/airflow/api/v2/monitor/health"])
def test_health_is_for_everyone(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/airflow/api/v2/monitor/health/",
        "/airflow/api/v2/monitor/healthy",
        "/airflow/airflow/api/v2/monitor/health",
        "/execution/health",
        "/airflow/executions",
        "/airflow//execution/x",
    ],
)
def test_nothing_near_what_is_open_is_open(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


def test_tasks_keep_their_own_tokens(client: TestClient) -> None:
    answer = client.get("/airflow/execution/x", headers={"Authorization": "Bearer of a task"})
    assert dict(answer.json())["authorization"] == "Bearer of a task"


def test_no_other_way_in(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/airflow/x", headers=named()):
        pass


def test_without_a_secret_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OKR_PROXY_SECRET")
    with pytest.raises(ValueError, match="OKR_PROXY_SECRET"):
        ProxyAuthManager().init()


RIGHTS = [
    ("viewer", "GET", True),
    ("viewer", "POST", False),
    ("viewer", "PUT", False),
    ("viewer", "DELETE", False),
    ("op", "GET", True),
    ("op", "POST", True),
    ("op", "PUT", True),
    ("admin", "DELETE", True),
]


@pytest.mark.parametrize(("role", "method", "may"), RIGHTS)
@pytest.mark.parametrize("entity", [None, DagAccessEntity.RUN, DagAccessEntity.TASK_INSTANCE])
def test_who_may_do_what_with_a_dag(
    manager: ProxyAuthManager, role: str, method: Any, may: bool, entity: DagAccessEntity | None
) -> None:
    person = manager.deserialize_user({"sub": "jo", "role": role})
    assert manager.is_authorized_dag(method=method, user=person, access_entity=entity) is may


def test_a_viewer_sees_no_connections_and_no_variables(manager: ProxyAuthManager) -> None:
    viewer = manager.deserialize_user({"sub": "jo", "role": "viewer"})
    assert not manager.is_authorized_connection(method="GET", user=viewer)
    assert not manager.is_authorized_variable(method="GET", user=viewer)
    shown = manager.filter_authorized_menu_items(list(MenuItem), user=viewer)
    assert MenuItem.DAGS in shown
    assert MenuItem.CONNECTIONS not in shown


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/airflow/dags/okr_train", "/airflow/dags/okr_train"),
        ("", "/airflow/"),
        ("http://elsewhere.example/", "/airflow/"),
        ("//elsewhere.example/airflow/", "/airflow/"),
        ("javascript:alert(1)", "/airflow/"),
    ],
)
def test_sign_in_sends_on_within_airflow(manager: ProxyAuthManager, wanted: str, given: str) -> None:
    client = TestClient(manager.get_fastapi_app(), base_url="http://127.0.0.1")
    answer = client.get("/login", params={"next": wanted} if wanted else {}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, given)
