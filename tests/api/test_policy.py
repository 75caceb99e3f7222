"""The table of who may do what, without any server."""

from __future__ import annotations

import pytest

from api import policy
from api.sign_in_pages import local_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/", "/"),
        ("/airflow/dags?x=/../y", "/airflow/dags"),
        ("/airflow//api///v2", "/airflow/api/v2"),
        ("/%61irflow/", "/airflow/"),
        ("/kafka/%2e%2e/mlflow", None),
        ("/mlflow/../kafka", None),
        ("/mlflow/./x", None),
        ("/mlflow/x%2f..%2fy", None),
        ("/mlflow\\..\\kafka", None),
        ("/mlflow/%00", None),
        ("/mlflow/%0d%0aX: y", None),
        ("http://elsewhere/", None),
        ("", None),
        (
            "/airflow/dags/x/runs/manual__2026-01-01T00%3A00%3A00%2B00%3A00",
            "/airflow/dags/x/runs/manual__2026-01-01T00:00:00+00:00",
        ),
    ],
)
def test_a_path_is_read_as_nginx_reads_it_or_not_at_all(uri: str, path: str | None) -> None:
    assert policy.normal_path(uri) == path


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/", "/"),
        ("/kafka", "/kafka"),
        ("/kafkaesque", "/"),
        ("/api/status", "/api"),
        ("/apiary", "/"),
        ("/mlflow/ajax-api/2.0/mlflow/gateway-proxy", "/mlflow/ajax-api/2.0/mlflow/gateway-proxy"),
        ("/airflow/execution/x", "/airflow/execution"),
    ],
)
def test_the_longest_prefix_counts(path: str, prefix: str) -> None:
    assert policy.place_of(path).prefix == prefix


@pytest.mark.parametrize(
    ("role", "method", "path", "allowed"),
    [
        ("viewer", "GET", "/mlflow/", True),
        ("viewer", "POST", "/mlflow/ajax-api/3.0/mlflow/traces/search", True),
        ("viewer", "POST", "/mlflow/ajax-api/3.0/mlflow/review-queues/get-or-create-user", False),
        ("viewer", "POST", "/mlflow/ajax-api/2.0/mlflow/runs/searching", False),
        ("viewer", "POST", "/mlflow/ajax-api/2.0/mlflow/runs/search/x", False),
        ("viewer", "DELETE", "/mlflow/graphql", False),
        ("viewer", "PUT", "/bi/api/v1/dashboard/7/filter_state/abc", True),
        ("viewer", "PUT", "/bi/api/v1/dashboard/7", False),
        ("viewer", "BREW", "/airflow/", False),
        ("viewer", "GET", "/kafka/ws", False),
        ("operator", "GET", "/kafka/ws", True),
        ("operator", "DELETE", "/mlflow/api/2.0/mlflow/runs/delete", True),
        ("admin", "POST", "/anything", True),
        ("admin", "GET", "/airflow/execution/x", False),
        ("nobody", "GET", "/airflow/execution/x", False),
        ("owner", "GET", "/", False),
        ("", "GET", "/", False),
    ],
)
def test_roles(role: str, method: str, path: str, allowed: bool) -> None:
    assert policy.allows(role, method, path) is allowed


@pytest.mark.parametrize("place", policy.PLACES, ids=lambda place: place.prefix)
def test_who_may_write_may_read_and_more_role_is_never_less(place: policy.Place) -> None:
    for method in ("GET", "POST", "DELETE"):
        granted = [policy.allows(role, method, place.prefix) for role in policy.ROLES]
        assert granted == sorted(granted)
    for role in policy.ROLES:
        assert policy.allows(role, "GET", place.prefix) >= policy.allows(role, "POST", place.prefix)


@pytest.mark.parametrize(
    ("origin", "host", "foreign"),
    [
        (None, "here:8080", False),
        ("http://here:8080", "here:8080", False),
        ("https://HERE:8080", "here:8080", False),
        ("http://here:8081", "here:8080", True),
        ("http://evil.example", "here", True),
        ("null", "here", True),
        ("", "here", True),
    ],
)
def test_origins(origin: str | None, host: str, foreign: bool) -> None:
    assert policy.is_foreign(origin, host) is foreign


@pytest.mark.parametrize("path", ["/", "/airflow/dags?a=1&b=2", "/mlflow/#/experiments"])
def test_a_path_of_our_own_is_where_one_goes_on(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "http://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        " //evil.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "airflow",
        "/sign-in",
        "/sign-out?x",
        "/" + "x" * 3000,
    ],
)
def test_other_places_are_not(path: str | None) -> None:
    assert local_path(path) == "/"
