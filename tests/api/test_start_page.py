"""The start page, the state in JSON and in metrics, and how they look."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from prometheus_client.parser import text_string_to_metric_families

from settings import Role, Settings

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

CHROMIUM = Path("/usr/bin/chromium")
SERVICES = {
    "postgres": ("healthy", "PostgreSQL 18.6 answers"),
    "kafka": ("healthy", "cluster MkU3OEVBNTcwNTJENDM2Qk on 127.0.0.1:19092"),
    "airflow_api_server": ("starting", "metadatabase is being made"),
    "mlflow": ("failing", "/health answers 500 <b>bold</b>"),
    "superset": ("stopped", ""),
    "kafka_ui": ("given_up", "ended 10 times in a row: see okr logs kafka_ui"),
    "api": ("healthy", "answers on port 18080"),
}


def write_status(config: Settings, age: float = 0, **changes: str) -> None:
    now = datetime.now(UTC)
    services = [
        {
            "name": name,
            "health": changes.get(name, health),
            "reason": reason,
            "since": (now - timedelta(minutes=7)).isoformat(),
            "restarts": 1,
            "memory_bytes": 123_000_000,
            "log": name,
        }
        for name, (health, reason) in SERVICES.items()
    ]
    status = {
        "checked_at": (now - timedelta(seconds=age)).isoformat(),
        "url": "http://127.0.0.1:8080",
        "started_in_seconds": 41.2,
        "memory_bytes": 2_400_000_000,
        "disk_free_bytes": 90_000_000_000,
        "services": services,
    }
    path = config.home / "services" / "status.json"
    path.with_suffix(".new").write_text(json.dumps(status))
    path.with_suffix(".new").rename(path)


@pytest.fixture(autouse=True)
def _no_status_yet(site: Any) -> None:
    (site.config.home / "services" / "status.json").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
        (pytest.fail if in_ci else pytest.skip)("chromium is not installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Call it for a page of a browser of its own; what it complains about fails the test."""
    contexts, complaints = [], []

    def make(width: int = 1280, scheme: str = "light", **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, url: str, name: str) -> None:
    """With the keyboard alone."""
    page.goto(url)
    expect(page.locator("#user")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url(url + "/")


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (390, "light"), (390, "dark"), (1280, "dark")]
)
def test_the_pages_look_right(
    site: Any, open_page: Callable[..., Page], output_folder: Path, width: int, scheme: str
) -> None:
    write_status(site.config)
    page = open_page(width, scheme)
    page.goto(site.url)
    name = f"{scheme}_{width}.png"
    page.screenshot(path=output_folder / f"sign_in_{name}")
    sign_in(page, site.url, "a-admin")
    for service in SERVICES:
        expect(page.get_by_role("row").filter(has_text=f"okr logs {service}").first).to_be_visible()
    expect(page.get_by_text("given up")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=output_folder / f"start_{name}", full_page=True)


def test_the_page_follows_the_state_by_itself(
    site: Any, open_page: Callable[..., Page], output_folder: Path
) -> None:
    page = open_page()
    sign_in(page, site.url, "a-admin")
    expect(page.get_by_text("No service has been looked at yet")).to_be_visible()
    page.screenshot(path=output_folder / "start_empty.png")
    write_status(site.config)
    expect(page.get_by_text("3 of 7 healthy")).to_be_visible(timeout=8000)
    expect(page.locator("#empty")).to_be_hidden()
    expect(page.get_by_text("<b>bold</b>")).to_be_visible()
    write_status(site.config, mlflow="healthy")
    expect(page.get_by_text("4 of 7 healthy")).to_be_visible(timeout=8000)
    write_status(site.config, age=60)
    expect(page.get_by_text("The last look was")).to_be_visible(timeout=8000)
    page.screenshot(path=output_folder / "start_stale.png")
    site.stop("api")
    expect(page.get_by_text("The API cannot be reached")).to_be_visible(timeout=8000)
    site.start("api")
    write_status(site.config)
    expect(page.locator("#stale")).to_be_hidden(timeout=8000)


def test_without_javascript_the_same_is_told(site: Any, open_page: Callable[..., Page]) -> None:
    write_status(site.config, age=60)
    page = open_page(java_script_enabled=False)
    sign_in_plain = page.goto(site.url)
    assert sign_in_plain
    page.fill("#user", "a-viewer")
    page.fill("#password", "correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("3 of 7 healthy")).to_be_visible()
    expect(page.get_by_text("The last look was")).to_be_visible()
    assert page.locator("noscript meta").count() or "http-equiv" in page.content()


def test_links_are_those_of_the_role(site: Any) -> None:
    write_status(site.config)
    for role, has_kafka in (("viewer", False), ("operator", True)):
        client = site.signed_in(f"a-{role}")
        assert ('href="/kafka/"' in client.get("/").text) is has_kafka
        assert ("kafka_ui" in client.get("/api/status").json()["links"]) is has_kafka


def test_mlflow_opens_at_the_experiments_of_models(site: Any) -> None:
    """Not at MLflow's own start page, which is about language models and tells of telemetry."""
    viewer = site.signed_in("a-viewer")
    path = viewer.get("/api/status").json()["links"]["mlflow"]
    assert path == "/mlflow/#/experiments?workflowType=machine_learning"
    assert f'<a href="{path}"><strong>MLflow</strong>' in viewer.get("/").text


def test_state_and_health_in_json(site: Any) -> None:
    admin = site.signed_in("a-admin")
    assert admin.get("/api/status").json()["services"] == []
    assert admin.get("/api/health").status_code == 503
    write_status(site.config)
    status = admin.get("/api/status").json()
    assert {each["name"]: each["health"] for each in status["services"]} == {
        name: health for name, (health, _) in SERVICES.items()
    }
    assert (status["healthy"], status["is_stale"], status["is_healthy"]) == (3, False, False)
    assert admin.get("/api/health").status_code == 503
    everything = dict.fromkeys(SERVICES, "healthy")
    write_status(site.config, **everything)
    assert admin.get("/api/health").status_code == 200
    write_status(site.config, age=60, **everything)
    assert admin.get("/api/health").status_code == 503, "nobody knows"
    (site.config.home / "services" / "status.json").write_text("{ torn")
    assert admin.get("/api/status").json()["services"] == []
    assert admin.get("/api/me").json() == {"user": "a-admin", "role": "admin"}
    assert {"/api/status", "/api/health", "/api/me", "/api/metrics"} <= set(
        admin.get("/api/openapi.json").json()["paths"]
    )
    gone = admin.get("/api/nothing")
    assert (gone.status_code, gone.headers["content-type"]) == (404, "application/problem+json")


def test_metrics(site: Any) -> None:
    write_status(site.config)
    with psycopg.connect(site.config.postgres.conninfo(Role.ADMIN)) as connection:
        connection.execute(
            "insert into okr_ops.alerts (kind, subject, message) values ('test_failed', 'a', 'b'), "
            "('test_failed', 'c', 'd')"
        )
        connection.execute(
            "insert into okr_ops.builds (build_id, as_of_date, publish_seq, finished_at, failures) values "
            "('api-good', '2026-05-20', 1, current_timestamp - interval '1 hour', 0), "
            "('api-bad', '2026-05-20', 1, current_timestamp, 2)"
        )
    try:
        text = site.signed_in("a-viewer").get("/api/metrics").text
    finally:
        with psycopg.connect(site.config.postgres.conninfo(Role.ADMIN)) as connection:
            connection.execute("truncate okr_ops.alerts")
            connection.execute("delete from okr_ops.builds where build_id like 'api-%'")
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["okr_service_healthy", "postgres"] == 1
    assert values["okr_service_healthy", "mlflow"] == 0
    assert values["okr_alerts_open", "test_failed"] == 2
    assert 3600 <= values["okr_last_good_build_age_seconds",] < 3700
    assert values["okr_database_answers",] == 1
    assert values["okr_sign_ins_total", "right"] >= 1
    asked = [key for key in values if key[0] == "okr_api_requests_total" and {"/auth", "204"} <= set(key)]
    assert asked and values[asked[0]] >= 1
