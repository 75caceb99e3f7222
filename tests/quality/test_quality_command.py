"""The command, the stored verdicts and the Data Docs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest
from pydantic import SecretStr

from quality.data_docs import RUNS_KEPT, forget_old_runs
from quality.doors import Door, check_door
from settings import ROOT, Role, Settings

pytestmark = pytest.mark.postgres


def quality(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quality", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


class Links(HTMLParser):
    """Addresses a page points to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def test_a_passed_door_exits_with_0_and_prints_a_table(
    good_raw: Settings, command_environment: dict[str, str]
) -> None:
    done = quality(command_environment, "check", "--door", "raw")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.search(r"^template.check_ins +\d+ of +\d+ met$", done.stdout, re.MULTILINE)
    assert "door raw passed" in done.stdout
    assert f"Data Docs: {good_raw.home}/quality/index.html" in done.stdout


def test_a_failed_door_exits_with_1_and_tells_events(
    good_raw: Settings, command_environment: dict[str, str], spoil: Callable[[str], None]
) -> None:
    spoil("update okr_raw.files set rows_read = 101 where publish_seq = 1")
    done = quality(command_environment, "check", "--door", "raw", "--events")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["start", "message", "done"]
    assert events[1]["text"].startswith("critical: okr_raw.files, rows_read: observed 1 of 7 rows")
    facts = events[-1]
    assert (facts["verdict"], facts["unmet_critical"], facts["unmet_warnings"]) == ("failed", 1, 0)
    with psycopg.connect(good_raw.postgres.conninfo(Role.QUALITY)) as connection:
        rows = connection.execute(
            "select is_met, count(*) from okr_ops.quality_results where validation_id = %s"
            " group by is_met order by is_met",
            (facts["validation_id"],),
        ).fetchall()
    assert rows == [(0, 1), (1, facts["expectations"] - 1)]


@pytest.mark.parametrize("arguments", [["check"], ["check", "--door", "back"], ["inspect"]])
def test_wrong_usage_exits_with_2(command_environment: dict[str, str], arguments: list[str]) -> None:
    assert quality(command_environment, *arguments).returncode == 2


def test_what_cannot_be_checked_is_one_line(command_environment: dict[str, str]) -> None:
    done = quality(command_environment, "check", "--door", "model")
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"Error: okr_curated\S+ does not exist .*\n", done.stderr)


def test_an_unreachable_database_is_one_line(command_environment: dict[str, str]) -> None:
    done = quality(command_environment | {"OKR_PG_PORT": "1"}, "check", "--door", "raw", "--events")
    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "done"
    assert last["text"].startswith("cannot reach the warehouse at postgresql://okr_quality@")


def test_docs_open_without_a_network_and_keep_earlier_runs(good_raw: Settings) -> None:
    runs = [check_door(good_raw, Door.RAW) for _ in range(2)]
    index = runs[-1].data_docs
    links = Links()
    links.feed(index.read_text())
    targets = {index.parent / unquote(link) for link in links.found}
    assert {target for target in targets if not target.is_file()} == set()
    pages = set((index.parent / "site" / "validations").rglob("*.html"))
    assert pages <= targets
    assert {page.parts[-3] for page in pages} == {run.verdict.validation_id for run in runs}
    site = [page.read_text() for page in (index.parent / "site").rglob("*.html")]
    assert not [page for page in site if "great-expectations-web-assets" in page]
    (check_ins,) = (index.parent / "site" / "expectations" / "raw").glob("template_check_ins.html")
    assert "confidence" in check_ins.read_text()


def test_a_cell_cannot_write_into_the_page(good_raw: Settings, spoil: Callable[[str], None]) -> None:
    spoil("update okr_raw.files set path = '<script>x</script>', dataset = 'unknown' where publish_seq < 3")
    page = check_door(good_raw, Door.RAW).data_docs.read_text()
    assert "&lt;script&gt;x" in page
    assert "<script>" not in page


def test_only_so_many_runs_are_kept(tmp_path: Path) -> None:
    suite = tmp_path / "results" / "raw" / "files"
    for number in range(30):
        (suite / f"raw-20261101T0000{number:02}-x").mkdir(parents=True)
    (tmp_path / "results" / "model" / "features" / "model-20261101T000000-x").mkdir(parents=True)
    forget_old_runs(tmp_path)
    kept = sorted(run.name for run in suite.iterdir())
    assert len(kept) == RUNS_KEPT - 1
    assert kept[-1].startswith("raw-20261101T000029")
    assert (tmp_path / "results" / "model" / "features" / "model-20261101T000000-x").exists()


def test_a_password_reaches_no_page(good_raw: Settings) -> None:
    secret = "canary$ecret${HOME}"
    postgres = good_raw.postgres.model_copy(update={"quality_password": SecretStr(secret)})
    check = check_door(good_raw.model_copy(update={"postgres": postgres}), Door.RAW)
    written = [path for path in check.data_docs.parent.rglob("*") if path.is_file()]
    assert len(written) > 20
    assert [
        path for path in written if b"canary" in path.read_bytes() or b"okr_quality@" in path.read_bytes()
    ] == []


def test_each_check_adds_rows_of_its_own(good_raw: Settings) -> None:
    first, second = (check_door(good_raw, Door.RAW).verdict for _ in range(2))
    assert first.validation_id != second.validation_id
    with psycopg.connect(good_raw.postgres.conninfo(Role.QUALITY)) as connection:
        counts = connection.execute(
            "select validation_id, count(*) from okr_ops.quality_results group by validation_id"
        ).fetchall()
    assert dict(counts) == {verdict.validation_id: len(verdict.findings) for verdict in (first, second)}
