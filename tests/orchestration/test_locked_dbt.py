"""One dbt build at a time, whoever starts it, and again only where it came to nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from settings import ROOT
from stack import locked_dbt
from stack.build_lock import build_lock


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """The wrapper, on a home of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "stack.locked_dbt", *arguments],
        cwd=ROOT,
        env=os.environ | {"OKR_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.skipif(shutil.which("flock") is None, reason="no flock of util-linux")
def test_the_lock_is_that_of_util_linux(tmp_path: Path) -> None:
    asked = ["flock", "--nonblock", str(tmp_path / "build.lock"), "true"]
    with build_lock(tmp_path):
        assert subprocess.run(asked, check=False).returncode == 1
    assert subprocess.run(asked, check=False).returncode == 0


def test_a_build_waits_for_the_other_and_says_so(tmp_path: Path) -> None:
    with build_lock(tmp_path):
        waiting = start(tmp_path, "--version")
        assert waiting.stdout is not None
        assert "another build is at work" in waiting.stdout.readline()
        assert waiting.poll() is None
    said, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert "installed" in said


def test_a_waiting_build_can_be_ended(tmp_path: Path) -> None:
    with build_lock(tmp_path):
        waiting = start(tmp_path, "--version")
        assert waiting.stdout is not None
        waiting.stdout.readline()
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=30)
        assert waiting.returncode == -signal.SIGTERM


def test_what_ends_the_wrapper_ends_dbt() -> None:
    program = (
        "import os, sys; from stack.locked_dbt import run_once; "
        "sys.exit(100 - run_once([sys.executable, '-c', "
        '"import os, time; print(os.getpid(), flush=True); time.sleep(60)"]))'
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 100 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize(
    ("results", "expected_tries"),
    [
        (None, 3),
        ([{"unique_id": "operation.okr.okr-on-run-start-0"}], 3),
        ([{"unique_id": "test.okr.some_test.1", "status": "fail"}], 1),
        ([{"unique_id": "model.okr.some_model", "status": "error"}], 1),
    ],
)
def test_only_a_build_that_came_to_nothing_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    results: list[dict[str, str]] | None,
    expected_tries: int,
) -> None:
    tries = []

    def fails(command: list[str]) -> int:
        tries.append(command)
        if results is not None:
            (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
            # A clock of files may lag a little behind ours.
            os.utime(tmp_path / "run_results.json", (time.time() + 1,) * 2)
        return 1

    monkeypatch.setenv("OKR_HOME", str(tmp_path))
    monkeypatch.setattr(locked_dbt, "run_once", fails)
    assert locked_dbt.run(["build", "--target-path", str(tmp_path)], tries=3, pause=0) == 1
    assert len(tries) == expected_tries
    assert tries[0][1:] == ["build", "--target-path", str(tmp_path)]


def test_okr_run_builds_under_the_lock_too() -> None:
    from stack.pipeline.child import dbt  # noqa: PLC0415

    assert dbt("build")[1:3] == ["-m", "stack.locked_dbt"]
