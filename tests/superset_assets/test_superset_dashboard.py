"""The dashboard in a browser: it draws, and what each chart was given is what SQL says."""

from __future__ import annotations

import copy
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, sync_playwright

from settings import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

RUNNING = """
    from okr_curated.fct_key_results key_results
    inner join okr_curated.dim_cycles cycles on key_results.cycle_key = cycles.cycle_key
    where cycles.cycle_state = 'running'
"""
SAME_IN_SQL = {
    "As of": "select max(as_of_date)::text from okr_curated.fct_key_results",
    "Open": f"select sum(is_open) {RUNNING}",
    "Behind": f"select count(*) {RUNNING} and is_open = 1 and pace_zone in ('behind', 'at_risk')",
    "Mean progress": f"select round(avg(progress), 6) {RUNNING} and is_open = 1",
    "Check-in coverage": """
        select round(sum(count_weeks_with_check_in)::numeric / sum(count_open_weeks), 6)
        from okr_curated.rpt_cycle_summary where cycle_state = 'running'
    """,
}
PATIENCE = 240.0
MOST_TEAMS = 15


@pytest.fixture(scope="module")
def drawn(superset: Any, pictures: Path) -> dict[str, list[dict[str, Any]]]:
    """The dashboard opened as a viewer: rows each chart was given, by the chart's name; pictures kept."""
    given: dict[str, list[dict[str, Any]]] = {}
    session = superset.session("the-viewer", "viewer")
    charts = session.get(f"{superset.address}/api/v1/dashboard/okr-health/charts", timeout=60).json()[
        "result"
    ]
    names = {chart["id"]: chart["slice_name"] for chart in charts}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for picture, width, scheme in (
            ("wide", 1440, "light"),
            ("dark", 1440, "dark"),
            ("narrow", 414, "light"),
        ):
            context = browser.new_context(
                viewport={"width": width, "height": 3000},
                color_scheme=scheme,
                extra_http_headers=superset.headers("the-viewer", "viewer"),
            )
            page = context.new_page()
            page.on("response", lambda answer: keep(answer, names, given))
            page.goto(f"{superset.address}/superset/dashboard/okr-health/", timeout=120_000)
            wait_until_drawn(page, len(names))
            page.screenshot(path=pictures / f"superset-okr-health-{picture}.png")
            context.close()
        browser.close()
    return given


def keep(answer: Any, names: dict[int, str], given: dict[str, list[dict[str, Any]]]) -> None:
    if "/api/v1/chart/data" in answer.url and answer.ok:
        asked = answer.request.post_data_json
        number = asked.get("form_data", {}).get("slice_id")
        if number in names:
            given[names[number]] = answer.json()["result"][0]["data"]


def wait_until_drawn(page: Page, count: int) -> None:
    until = time.monotonic() + PATIENCE
    page.wait_for_selector(".dashboard-component-chart-holder", timeout=120_000)
    while page.locator(".slice_container").count() < count or page.locator(".loading").count():
        assert time.monotonic() < until, "the dashboard is not drawn"
        page.wait_for_timeout(500)
    page.wait_for_timeout(2000)
    assert page.get_by_text("Unexpected error").count() == 0
    assert page.locator(".ant-alert-error").count() == 0


def test_every_chart_was_given_figures(drawn: dict[str, list[dict[str, Any]]]) -> None:
    assert len(drawn) == 14
    assert [name for name, rows in drawn.items() if not rows] == []


@pytest.mark.parametrize("name", SAME_IN_SQL)
def test_a_tile_says_what_sql_says(
    drawn: dict[str, list[dict[str, Any]]], figures: psycopg.Connection, name: str
) -> None:
    ((shown,),) = (row.values() for row in drawn[name])
    (said,) = figures.execute(SAME_IN_SQL[name]).fetchone() or (None,)
    if name == "As of":
        assert time.strftime("%Y-%m-%d", time.gmtime(shown / 1000)) == said
    else:
        assert float(shown) == pytest.approx(float(said), abs=1e-6)


def test_progress_by_team_is_what_sql_says(
    drawn: dict[str, list[dict[str, Any]]], figures: psycopg.Connection
) -> None:
    said = figures.execute(
        f"""
        select team_name, avg(progress), avg(expected_progress) {RUNNING}
        and is_open = 1 and pace_gap is not null group by team_name order by avg(pace_gap) desc, team_name
        """
    ).fetchall()
    shown = {row["team_name"]: row for row in drawn["Progress and pace by team"]}
    assert len(said) > 1
    assert shown.keys() == {team for team, *_ in said[:MOST_TEAMS]}
    for team, progress, expected in said[:MOST_TEAMS]:
        assert shown[team]["average_progress"] == pytest.approx(float(progress))
        assert shown[team]["average_expected_progress"] == pytest.approx(float(expected))
    gaps = [row["average_pace_gap"] for row in drawn["Progress and pace by team"]]
    assert gaps == sorted(gaps), "bars grow from below: who is furthest behind is at the top"


def test_every_open_key_result_has_its_verdict_in_the_bar_of_its_team(
    drawn: dict[str, list[dict[str, Any]]], figures: psycopg.Connection
) -> None:
    said = figures.execute(
        f"""
        select team_name, count(*), count(*) filter (where pace_zone = 'at_risk') {RUNNING}
        and is_open = 1 group by team_name
        """
    ).fetchall()
    assert 1 < len(said) <= MOST_TEAMS
    shown = {row.pop("team_name"): row for row in copy.deepcopy(drawn["Pace by team"])}
    assert {team: sum(row.values()) for team, row in shown.items()} == {team: all_ for team, all_, _ in said}
    assert {team: row["count_pace_at_risk"] for team, row in shown.items()} == {
        team: at_risk for team, _, at_risk in said
    }


def test_the_furthest_behind_are_those_of_sql(
    drawn: dict[str, list[dict[str, Any]]], figures: psycopg.Connection
) -> None:
    said = figures.execute(
        f"""
        select key_result_title {RUNNING} and is_open = 1 and pace_gap is not null
        order by pace_gap desc, key_result_title limit 20
        """
    ).fetchall()
    shown = [row["key_result_title"] for row in drawn["Furthest behind pace"]]
    assert shown == [title for (title,) in said]


def test_attainment_by_team_is_what_sql_says(
    drawn: dict[str, list[dict[str, Any]]], figures: psycopg.Connection
) -> None:
    said = figures.execute(
        """
        select team_name, count(attained), sum(attained), avg(attained)
        from okr_curated.fct_key_results where attained is not null group by team_name
        """
    ).fetchall()
    shown = {row["team_name"]: row for row in drawn["Attainment by team"]}
    assert shown.keys() == {team for team, *_ in said}
    for team, judged, attained, rate in said:
        row = shown[team]
        assert (row["count_judged"], row["count_attained"]) == (judged, attained)
        assert row["attainment_rate"] == pytest.approx(float(rate))


def test_an_export_gives_back_the_files(superset: Any, drawn: dict[str, list[dict[str, Any]]]) -> None:
    """What was imported and looked at comes back unchanged; importing again changes nothing either."""
    python = ROOT / ".venv-superset" / "bin" / "python"
    for command, said in (
        ("import", "Imported 20 files"),
        ("export", "Exported 20 files, 0 of them changed"),
    ):
        done = subprocess.run(
            [python, ROOT / "superset" / "bundle.py", command],
            cwd=superset.home,
            env=superset.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert said in done.stdout


def test_a_later_start_prepares_nothing(superset: Any) -> None:
    said = f"first {superset.first_prepare:.1f} s, later {superset.later_prepare:.2f} s"
    assert superset.later_prepare < min(5.0, superset.first_prepare / 2), said
