"""Whatever is killed or stopped while it loads, every table comes out as of an undisturbed load."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import settings
from settings import ROOT
from stack.bench.disturbances import plan

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

ROUNDS = 10
ROWS, FILES = 20_000, 12
KINDS_OF_DISTURBANCE = ("killed", "stopped", "broker", "postgres", "task", "worker", "load")


def bench(*options: str) -> list[str]:
    return [sys.executable, "-m", "stack", "bench", "chaos", "--json", *options]


def left_behind(home: Path) -> list[str]:
    """Its folder, and processes that work in it or for it."""
    found = [str(home)] if home.exists() else []
    for process in psutil.process_iter(["cmdline", "cwd", "environ"]):
        facts = process.info
        if home.name in f"{facts['cmdline']} {facts['cwd']} {(facts['environ'] or {}).get('OKR_HOME')}":
            found.append(f"process {process.pid}: {facts['cmdline']}")
    return found


@pytest.mark.timeout(1500)
def test_ten_disturbed_loads_are_as_the_undisturbed_one(
    okr_environment: settings.Settings, tell: Callable[[str, str], None]
) -> None:
    seed = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(1_000_000))
    command = bench("--seed", seed, "--rounds", str(ROUNDS), "--rows", str(ROWS), "--files", str(FILES))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("{"), f"seed {seed}: {done.stderr[-3000:]}"
    facts = json.loads(done.stdout)
    heading = f"chaos: {ROWS} rows in {FILES} files, seed {seed}"
    for each in facts["results"]:
        verdict = "equal" if each["equal"] else "DIFFERENT"
        told = f"{each['round']:>2}  {each['loader']:<6} {each['seconds']:>5} s  {verdict}  "
        tell(heading, told + "; ".join(each["disturbances"]))
    assert done.returncode == 0, f"seed {seed}: {[each for each in facts['results'] if not each['equal']]}"
    assert [each["equal"] for each in facts["results"]] == [True] * ROUNDS
    assert [each["round"] for each in facts["results"] if not each["disturbances"]] == []
    happened = " ".join(text for each in facts["results"] for text in each["disturbances"])
    assert [kind for kind in KINDS_OF_DISTURBANCE if kind not in happened] == []


@pytest.mark.parametrize("seed", range(20))
def test_ten_planned_rounds_hold_every_kind_of_disturbance(seed: int) -> None:
    planned = [
        (kind, each.target, each.how)
        for number, kind in enumerate(("load", "worker") * 5, start=1)
        for each in plan(f"{seed} {number}", number, kind, 10)
    ]
    for kind in ("load", "worker"):
        targets = {target for which, target, _ in planned if which == kind}
        assert targets == {"loader", "task", "broker", "postgres"}
    assert {how for _, _, how in planned} >= {"kill", "stop"}


def test_an_interrupted_bench_leaves_nothing_behind(okr_environment: settings.Settings) -> None:
    process = subprocess.Popen(
        bench("--seed", "1", "--rounds", "1", "--rows", "5000", "--files", "8"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    loads: list[psutil.Process] = []
    while not loads:
        assert time.monotonic() < deadline and process.poll() is None, "it never began to load"
        time.sleep(0.2)
        children = psutil.Process(process.pid).children()
        # One that has just ended has no command line any more.
        loads = [child for child in children if "ingestion" in (child.as_dict(["cmdline"])["cmdline"] or ())]
    home = Path(loads[0].environ()["OKR_HOME"])
    assert len(left_behind(home)) > 3
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "Traceback" not in errors
    assert left_behind(home) == []
