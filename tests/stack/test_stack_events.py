"""What the parts say is understood, and what they do not say well is not lost."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stack.pipeline.child import Child, environment
from stack.pipeline.dbt_results import read_results
from stack.pipeline.events import Event, parse_dbt_line, parse_event

DONE = '{"event": "done", "stage": "load", "done": 5, "total": 5, "text": "5 rows", "rows_loaded": 5}'


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("", None),
        ("  \n", None),
        ("a plain line", Event("message", "a plain line")),
        ("[1, 2]", Event("message", "[1, 2]")),
        ('{"no": "event"}', Event("message", '{"no": "event"}')),
        ('{"event": "progress", "done": 3, "total": null}', Event("progress", "", 3, None)),
        ('{"event": "progress", "done": 3.0, "total": 9}', Event("progress", "", 3, 9)),
        ('{"event": "progress", "done": true}', Event("progress")),
        (DONE, Event("done", "5 rows", 5, 5, {"done": 5, "total": 5, "rows_loaded": 5})),
    ],
)
def test_a_line_of_a_part(line: str, event: Event | None) -> None:
    found = parse_event(line)
    if event is not None and found is not None and event.kind == "progress":
        assert (found.kind, found.text, found.done, found.total) == (
            event.kind,
            event.text,
            event.done,
            event.total,
        )
    else:
        assert found == event


def dbt_line(name: str, level: str = "info", **data: object) -> str:
    return json.dumps({"info": {"name": name, "level": level, "msg": f"message of {name}"}, "data": data})


def test_a_node_that_is_done_is_a_step_and_chatter_is_nothing() -> None:
    node = {"node_name": "dim_teams"}
    step = parse_dbt_line(dbt_line("LogModelResult", index=3, total=9, node_info=node))
    assert step == Event("progress", "dim_teams", 3, 9)
    assert parse_dbt_line(dbt_line("LogStartLine", index=3, total=9)) is None
    assert parse_dbt_line(dbt_line("MainEncounteredError", "error")) == Event(
        "message", "message of MainEncounteredError"
    )
    assert parse_dbt_line("no json") == Event("message", "no json")


def child(code: str, tmp_path: Path) -> Child:
    return Child([sys.executable, "-c", code], environment(), tmp_path / "logs" / "child.log")


def test_a_child_gives_its_facts_and_every_event_in_order(tmp_path: Path) -> None:
    heard: list[Event] = []
    code = f"print('hello'); print({DONE!r})"
    outcome = child(code, tmp_path).run(heard.append)
    assert (outcome.code, outcome.facts["rows_loaded"], outcome.reason) == (0, 5, "")
    assert [event.kind for event in heard] == ["message", "done"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import sys; print('x', file=sys.stderr); sys.exit('Error: the file is gone')",
            "the file is gone",
        ),
        (
            "import sys; sys.stderr.write('Error: first\\nafter\\n'); sys.exit(2)",
            "first",
        ),
        ("raise SystemExit(3)", "it ended with exit code 3"),
        ("""print('{"event": "done", "text": "the door failed"}'); raise SystemExit(1)""", "the door failed"),
    ],
)
def test_a_child_that_fails_says_why_in_one_line(code: str, reason: str, tmp_path: Path) -> None:
    assert child(code, tmp_path).run(lambda event: None).reason == reason


def test_the_results_of_a_build_are_counted_and_failures_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        ("model.okr.a", "success", "SELECT 1"),
        ("model.okr.b", "error", "Database Error\n  column x"),
        ("model.okr.c", "skipped", None),
        ("seed.okr.d", "success", None),
        ("test.okr.unique_a.1234", "pass", None),
        ("test.okr.not_null_a.5678", "fail", "Got 3 results"),
        ("test.okr.soft.9", "warn", "Got 1 result"),
        ("unit_test.okr.a.u", "pass", None),
    ]
    results = [{"unique_id": node, "status": status, "message": message} for node, status, message in nodes]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    counted = read_results(not_before=0)
    assert counted is not None
    assert (counted.models, counted.tests, counted.failed, counted.warned, counted.skipped) == (3, 4, 2, 1, 1)
    assert [(each["node"], each["message"]) for each in counted.failures] == [
        ("b", "Database Error column x"),
        ("not_null_a", "Got 3 results"),
    ]
    assert read_results(not_before=(tmp_path / "run_results.json").stat().st_mtime + 1) is None
