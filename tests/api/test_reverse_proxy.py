"""nginx itself: websockets, the services' own ports, what it says when something is away, kills, TLS."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def websocket(site: Any, name: str, **headers: str) -> int:
    token = site.signed_in(name).cookies["okr_session"]
    lines = {
        "Host": f"127.0.0.1:{site.config.addresses.port}",
        "Cookie": f"okr_session={token}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        **headers,
    }
    with socket.create_connection(("127.0.0.1", site.config.addresses.port), 10) as raw:
        head = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
        raw.sendall(f"GET /kafka/ws HTTP/1.1\r\n{head}\r\n".encode())
        return int(raw.recv(4096).split()[1])


def test_websockets_pass_for_those_who_may(site: Any) -> None:
    assert websocket(site, "a-operator") == 101
    assert websocket(site, "a-operator", Origin=site.url) == 101
    assert websocket(site, "a-operator", Origin="http://evil.example") == 403
    assert websocket(site, "a-viewer") == 403


@pytest.mark.parametrize(
    ("setting", "prefix"),
    [("airflow_port", "/airflow/"), ("mlflow_port", "/mlflow/"), ("kafka_ui_port", "/kafka/")],
)
def test_the_doors_are_guarded_and_lead_to_their_service(site: Any, setting: str, prefix: str) -> None:
    door = httpx.Client(base_url=site.door(setting), timeout=20)
    refused = door.get("/", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.headers["location"]) == (302, "/sign-in?next=/")
    assert door.get("/api/2.0/x", headers={"Accept": "application/json"}).status_code == 401
    assert site.sign_in(door, "a-operator", "correct horse battery", next="/").headers["location"] == "/"
    sent = door.get("/", headers={"Accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (302, prefix)
    assert door.get(prefix).json()["path"] == prefix
    assert door.get("/elsewhere", headers={"Accept": "text/html"}).status_code == 404


def test_clients_of_mlflow_find_their_paths_at_its_door(site: Any) -> None:
    path = "/api/2.0/mlflow/experiments/get?experiment_id=%30"
    door = httpx.Client(base_url=site.door("mlflow_port"), auth=("a-viewer", "correct horse battery"))
    assert door.get(path).json()["path"] == "/mlflow" + path
    assert door.post("/api/2.0/mlflow/experiments/create", json={}).status_code == 403
    assert door.post("/api/2.0/mlflow/runs/search", json={}).status_code == 200
    big = b"x" * 30_000_000
    door.auth = httpx.BasicAuth("a-operator", "correct horse battery")
    assert door.put("/api/2.0/mlflow-artifacts/artifacts/1/big", content=big).json()["bytes"] == len(big)
    refused = site.signed_in("a-operator").post("/sign-in", content=big)
    assert (refused.status_code, "larger" in refused.text) == (413, True)


def test_a_service_that_is_away_is_told_in_words(make_site: Callable[..., Any]) -> None:
    site = make_site()
    admin = site.signed_in("a-admin")
    server = site.echoes.pop("mlflow")
    server.shutdown()
    server.server_close()
    page, call = site.ask(admin, "/mlflow/", True), site.ask(admin, "/mlflow/api/x", False)
    assert (page.status_code, call.status_code) == (502, 502)
    assert "MLflow does not answer" in page.text and page.headers["content-type"].startswith("text/html")
    assert call.json()["detail"].startswith("MLflow does not answer")
    assert page.headers["x-frame-options"] == "SAMEORIGIN"

    site.stop("api")
    page, call = site.ask(admin, "/airflow/", True), site.ask(admin, "/airflow/api/v2/dags", False)
    assert (page.status_code, call.status_code) == (503, 503)
    assert "does not answer" in page.text and call.json()["status"] == 503
    assert site.ask(admin, "/sign-in", True).status_code == 502
    assert "the API behind it does not" in site.services["nginx"].health()
    site.start("api")
    assert site.ask(admin, "/airflow/", True).status_code == 200, "the session outlives the API"


def test_a_killed_nginx_comes_back_on_its_ports(make_site: Callable[..., Any]) -> None:
    site = make_site()
    workers = psutil.Process(site.processes["nginx"].pid).children()
    site.processes["nginx"].kill()
    site.processes["nginx"].wait()
    site.start("nginx")
    master = psutil.Process(site.processes["nginx"].pid)
    for _ in range(100):
        if len(master.children()) == 2:
            break
        time.sleep(0.1)
    assert [child.name() for child in master.children()] == ["nginx", "nginx"]
    assert not [worker for worker in workers if worker.is_running()]
    assert site.ask(site.signed_in("a-viewer"), "/bi/", True).status_code == 200


def test_tls_and_plain_http_on_its_port(
    make_site: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {certificate} -subj /CN=here"
    subprocess.run(made.split(), check=True, capture_output=True)
    site = make_site(tls_certificate=certificate, tls_key=key)
    client = site.client(verify=False)
    answer = site.sign_in(client, "a-viewer", "correct horse battery")
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"] and "HttpOnly" in answer.headers["set-cookie"]
    assert site.ask(client, "/bi/api/x", False).json()["headers"]["x-forwarded-proto"] == ["https"]
    plain = httpx.get(site.url.replace("https", "http") + "/airflow/")
    assert (plain.status_code, plain.headers["location"]) == (308, f"{site.url}/airflow/")
