"""The sign-in page, the cookie it gives, and how sessions end."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from api.errors import DatabaseAwayError
from api.identity import EXTENSION
from api.known_users import KnownUsers
from api.users import User, Users
from api.web import create_application
from settings import Settings

pytestmark = pytest.mark.postgres

PASSWORD = "correct horse battery"
SECRET = "s" * 40


class Clock:
    """Time that passes when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def application(users: Users, warehouse: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OKR_SESSION_KEY", "k" * 40)
    monkeypatch.setenv("OKR_PROXY_SECRET", SECRET)
    for role in ("viewer", "operator", "admin"):
        users.add(f"a-{role}", role, PASSWORD)
    made = create_application(warehouse)
    made.testing = False
    sign_ins = made.extensions[EXTENSION]
    sign_ins.known = KnownUsers(sign_ins.users.find, clock)
    return made


@pytest.fixture
def client(application: Any) -> FlaskClient:
    found: FlaskClient = application.test_client()
    return found


def sign_in(client: FlaskClient, user: str = "a-admin", password: str = PASSWORD, **more: str) -> Any:
    token = client.get("/sign-in").text.partition('name="csrf" value="')[2].partition('"')[0]
    return client.post("/sign-in", data={"csrf": token, "user": user, "password": password, **more})


def auth(client: FlaskClient, method: str = "GET", uri: str = "/") -> tuple[int, str | None]:
    answer = client.get("/auth", headers={"X-Original-URI": uri, "X-Original-Method": method})
    return answer.status_code, answer.headers.get("X-Okr-Role") or answer.headers.get("X-Okr-Reason")


def test_a_session_holds_and_ends_with_its_hours(
    client: FlaskClient, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert auth(client) == (401, "absent")
    answer = sign_in(client, next="/airflow/dags?a=1")
    assert (answer.status_code, answer.location) == (303, "/airflow/dags?a=1")
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("okr_session="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    assert auth(client) == (204, "admin")
    hours = application.permanent_session_lifetime.total_seconds() / 3600
    import time  # noqa: PLC0415

    real = time.time
    monkeypatch.setattr("api.identity.time.time", lambda: real() + hours * 3600 + 1)
    assert auth(client) == (401, "ended")


@pytest.mark.parametrize("change", ["remove", "set_password", "end_sessions"])
def test_what_ends_sessions_does_so_in_ten_seconds(
    client: FlaskClient, users: Users, clock: Clock, change: str
) -> None:
    users.add("b-admin", "admin", PASSWORD)
    sign_in(client, "b-admin")
    assert auth(client) == (204, "admin")
    arguments = ("another password",) if change == "set_password" else ()
    getattr(users, change)("b-admin", *arguments)
    clock.now += 10.1
    assert auth(client) == (401, "ended")


def test_a_new_role_holds_within_ten_seconds(client: FlaskClient, users: Users, clock: Clock) -> None:
    sign_in(client, "a-operator")
    assert auth(client, uri="/kafka/") == (204, "operator")
    users.set_role("a-operator", "viewer")
    clock.now += 10.1
    assert auth(client, uri="/kafka/") == (403, "role")
    assert auth(client) == (204, "viewer")


def test_a_session_outlives_five_minutes_without_the_database(
    client: FlaskClient, application: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client)
    asked = []

    def away(name: str) -> User:
        asked.append(clock.now)
        raise DatabaseAwayError("Postgres does not answer")

    sign_ins = application.extensions[EXTENSION]
    monkeypatch.setattr(sign_ins.known, "_find", away)
    for _ in range(28):
        clock.now += 10
        assert auth(client) == (204, "admin")
    assert len(asked) <= 28
    assert client.get("/health").json["database"] == "Postgres does not answer"
    clock.now += 30
    assert auth(client) == (401, "away")


def test_a_first_sign_in_without_the_database_is_told_in_words(
    client: FlaskClient, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAwayError("no")

    monkeypatch.setattr("api.throttle.Throttle.begin", away)
    answer = sign_in(client)
    assert (answer.status_code, "database does not answer" in answer.text) == (503, True)


def test_wrong_ones_read_the_same_words(client: FlaskClient) -> None:
    answers = [sign_in(client, name, "guess") for name in ("a-admin", "unknown", "' or 1=1 --")]
    assert {answer.status_code for answer in answers} == {401}
    assert all("The user name or the password is wrong." in answer.text for answer in answers)
    assert "<script>" not in sign_in(client, "<script>", "x").text
    for _ in range(2):
        answer = sign_in(client, "a-admin", "guess")
    answer = sign_in(client, "a-admin", "guess")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "Try again in 1 second." in answer.text


def test_a_form_of_another_site_signs_nobody_in(client: FlaskClient) -> None:
    data = {"user": "a-admin", "password": PASSWORD}
    assert client.post("/sign-in", data=data).status_code == 400
    token = client.get("/sign-in").text.partition('name="csrf" value="')[2].partition('"')[0]
    foreign = {"Origin": "http://evil.example"}
    assert client.post("/sign-in", data={**data, "csrf": token}, headers=foreign).status_code == 400
    assert auth(client) == (401, "absent")


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(client: FlaskClient, next: str) -> None:
    assert sign_in(client, next=next).location == "/"


def test_sign_out_clears_what_the_services_keep(client: FlaskClient) -> None:
    sign_in(client)
    asked = client.get("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert asked.status_code == 200 and auth(client) == (204, "admin")
    answer = client.get("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    cleared = answer.headers.getlist("Set-Cookie")
    for name, path in (("_token", "/airflow"), ("_token", "/"), ("session", "/bi"), ("okr_session", "/")):
        assert any(each.startswith(f"{name}=;") and f"Path={path}" in each.split("; ") for each in cleared)
    assert auth(client) == (401, "absent")


def test_sign_out_everywhere(client: FlaskClient, application: Any) -> None:
    other = application.test_client()
    sign_in(other)
    sign_in(client)
    token = client.get("/sign-in").text.partition('name="csrf" value="')[2].partition('"')[0]
    client.post("/sign-out", data={"csrf": token, "everywhere": "1"})
    assert auth(other) == (401, "ended")


def test_behind_the_proxy_only_its_secret_opens(client: FlaskClient, warehouse: Settings) -> None:
    who = {"X-Okr-User": "a-admin", "X-Okr-Role": "admin"}
    for headers in ({}, who, {**who, "X-Okr-Proxy-Secret": "guess"}, {**who, "X-Okr-Proxy-Secret": "é"}):
        answer = client.get("/api/me", headers=headers)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert client.get("/", headers=headers).location == "/sign-in?next=/"
    trusted = {**who, "X-Okr-Proxy-Secret": SECRET}
    assert client.get("/api/me", headers=trusted).json == {"user": "a-admin", "role": "admin"}
    assert client.get("/api/nothing", headers=trusted).mimetype == "application/problem+json"


def test_it_starts_only_with_secrets(monkeypatch: pytest.MonkeyPatch, warehouse: Settings) -> None:
    from api.errors import ApiError  # noqa: PLC0415

    monkeypatch.setenv("OKR_SESSION_KEY", "short")
    with pytest.raises(ApiError, match="OKR_SESSION_KEY"):
        create_application(warehouse)


def test_a_user_who_is_asked_for_often_is_read_seldom() -> None:
    clock = Clock()
    read: list[str] = []
    known = KnownUsers(read.append, clock)  # type: ignore[arg-type]
    for _ in range(100):
        known.find("ada")
        clock.now += 1
    assert len(read) == 10
