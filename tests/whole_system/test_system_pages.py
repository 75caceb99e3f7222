"""Every page behind the sign-in, in a browser, as a person sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.pages import LINKS

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

PATIENCE = 90_000
PAGES = {
    "start": ("/", "13 of 13 healthy"),
    "airflow": ("/airflow/dags", "okr_transform"),
    "airflow_graph": ("/airflow/dags/okr_transform", "okr_transform"),
    "mlflow": (next(link.path for link in LINKS if link.service == "mlflow"), "okr_attainment"),
    "mlflow_champion": ("/mlflow/#/models/okr_attainment", "champion"),
    "superset": ("/bi/superset/dashboard/okr-health/", "Mean progress"),
    "docs": ("/docs/", "The tables of OKR Warehouse"),
    "quality": ("/quality/", "expectation"),
}
"""What is opened, and words that stand there only when the page works."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def admin(browser: Browser, filled: Any) -> Iterator[Page]:
    """The page of an admin who has signed in with the first password."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(filled.url)
    page.fill("#user", "admin")
    page.fill("#password", (filled.config.home / "admin-password").read_text().strip())
    page.keyboard.press("Enter")
    page.wait_for_url(filled.url + "/")
    yield page
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_what_it_is_for(admin: Page, filled: Any, pictures: Path, name: str) -> None:
    path, words = PAGES[name]
    admin.goto(filled.url + path)
    expect(admin.get_by_text(words).first).to_be_visible(timeout=PATIENCE)
    admin.wait_for_timeout(3_000)
    admin.screenshot(path=pictures / f"system_{name}.png", full_page=name == "start")
    assert admin.url.startswith(filled.url), "nobody is sent to another sign-in"
    assert admin.locator("input[type=password]").count() == 0
    assert admin.get_by_text("Information about UI telemetry").count() == 0


def test_the_kafka_ui_draws_its_terminal(admin: Page, filled: Any, pictures: Path) -> None:
    admin.goto(filled.url + "/kafka/")
    expect(admin.locator(".xterm-screen").first).to_be_visible(timeout=PATIENCE)
    admin.wait_for_timeout(8_000)
    admin.screenshot(path=pictures / "system_kafka_ui.png")


def test_a_viewer_starts_nothing_in_the_real_services(filled: Any) -> None:
    with filled.client("vera") as viewer, filled.client("otto") as operator:
        for path, body in (
            ("/airflow/api/v2/dags/okr_ingest/dagRuns", {"logical_date": None}),
            ("/mlflow/api/2.0/mlflow/experiments/create", {"name": "a-viewer-s"}),
            ("/bi/api/v1/dashboard/", {"dashboard_title": "a viewer's"}),
        ):
            assert viewer.post(path, json=body).status_code == 403, path
        assert viewer.get("/kafka/").status_code == 403
        assert (
            operator.post("/mlflow/api/2.0/mlflow/experiments/create", json={"name": "o"}).status_code == 200
        )


def test_a_spoofed_user_is_nobody(filled: Any) -> None:
    """The headers nginx sets count for nothing from anyone else, at the one URL or at a service's port."""
    spoofed = {"X-Okr-User": "admin", "X-Okr-Role": "admin", "Remote-User": "admin"}
    addresses = filled.config.addresses
    for path in (
        "/airflow/api/v2/dags",
        "/bi/api/v1/dashboard/",
        "/mlflow/api/2.0/mlflow/experiments/search",
    ):
        assert httpx.get(filled.url + path, headers=spoofed).status_code == 401
    for name, path in (("airflow", "/airflow/api/v2/dags"), ("superset", "/bi/api/v1/dashboard/")):
        answer = httpx.get(f"http://127.0.0.1:{addresses.behind(name)}{path}", headers=spoofed)
        assert answer.status_code in {401, 403}, (name, answer.text[:200])


def test_only_the_one_url_could_be_reached_from_elsewhere(filled: Any) -> None:
    doors = filled.doors()
    assert len(doors) >= 10
    assert {address for address, _ in doors} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}, doors
