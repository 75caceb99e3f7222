"""Loads under violence: whatever is killed or stopped, every table must come out as of a quiet load."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from statistics import median
from typing import Any

import psycopg

import settings
from settings import Role
from stack.bench.breakable import BreakableWarehouse, breakable_warehouse
from stack.bench.chaos_files import STEPS, ChaosFiles
from stack.bench.digests import differences, digests
from stack.bench.disturbances import Disturber, plan
from stack.bench.loader import Loader
from stack.errors import StackError
from stack.pipeline.events import Event, Listener
from stack.pipeline.stage import Reporter, Result, Stage, Verdict

__all__ = ["ChaosOptions", "chaos"]

UNDISTURBED, DISTURBED = "okr_undisturbed", "okr_disturbed"
KINDS = ("worker", "load")
LOOK_SECONDS = 0.05
ASK_SECONDS = 0.3
# Longer than any restart policy takes to come back from what a round does to it.
PATIENCE_SECONDS = 240.0
# Disturbances are spread over so much of the undisturbed time: a worker starts only once, a load three times.
SPANS = {"worker": 0.6, "load": 1.2}
# A small load too is cut into about so many transactions: a moment between two of them must be met.
TRANSACTIONS = 200
# Everything a load brings moves one of these numbers.
REACHED = """
    select (select count(*) from okr_raw.publications), (select count(*) from okr_raw.ignored_files),
        (select count(*) from okr_raw.arrivals), count(rows_read), sum(rows_read),
        sum(rows_loaded), sum(rows_rejected) from okr_raw.files
"""
Reached = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ChaosOptions:
    """How much is loaded, how often, and the seed of files and disturbances."""

    seed: int
    rounds: int
    rows: int = 200_000
    files: int = 30


@dataclass(slots=True)
class Round:
    """One disturbed load: what was done to it and whether its tables are those of the undisturbed one."""

    round: int
    loader: str
    disturbances: list[str] = field(default_factory=list)
    seconds: float = 0.0
    equal: bool = False
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Chaos:
    warehouse: BreakableWarehouse
    options: ChaosOptions
    files: ChaosFiles
    reached: list[Reached] = field(default_factory=list)
    expected: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def load_undisturbed(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """Once, one load after each step; says how far each has come, and the digests at the end."""
        self.warehouse.make_fresh(UNDISTURBED)
        self.files.write_all()
        loader = self.warehouse.loader("load", UNDISTURBED)
        began = time.monotonic()
        for step in range(STEPS):
            if step:
                self.files.take_step(step)
            listen(Event("progress", "", step, STEPS))
            loader.start()
            assert loader.process is not None
            if loader.process.wait(PATIENCE_SECONDS):
                raise StackError(f"the undisturbed load fails: {loader.last_words()}")
            self.reached.append(_reached(self.warehouse.config, UNDISTURBED) or ())
        self.seconds = time.monotonic() - began
        self.expected = digests(self.warehouse.config, UNDISTURBED)
        return f"{self.options.rows:,} rows in {self.options.files} files", {}

    def load_disturbed(self, number: int) -> Round:
        """One round."""
        kind = KINDS[number % len(KINDS)]
        this = Round(number, kind)
        self.files.rewind()
        self.warehouse.make_fresh(DISTURBED)
        loader = self.warehouse.loader(kind, DISTURBED)
        disturbances = plan(f"{self.options.seed} {number}", number, kind, SPANS[kind] * self.seconds)
        load = _DisturbedLoad(self, loader, Disturber(self.warehouse, loader, disturbances))
        try:
            load.run()
            found = digests(self.warehouse.config, DISTURBED)
            this.equal = found == self.expected
            if not this.equal:
                this.problems = differences(self.warehouse.config, UNDISTURBED, DISTURBED)
        except StackError as problem:
            this.problems = [str(problem)]
        finally:
            this.disturbances = load.disturber.done
            this.seconds = round(load.disturber.now(), 1)
            loader.end()
        return this


class _DisturbedLoad:
    """Drives one round: disturbs, mends, starts again what is missing, until everything is loaded."""

    def __init__(self, chaos: _Chaos, loader: Loader, disturber: Disturber) -> None:
        self.chaos = chaos
        self.loader = loader
        self.disturber = disturber
        self._started = 0.0

    def run(self) -> None:
        """All steps. Raises StackError where it does not get on."""
        for step in range(STEPS):
            if step:
                self.chaos.files.take_step(step)
            if not self.loader.is_up and not self.disturber.is_broken("loader"):
                self._start()
            self._until(partial(self._has_reached, step), f"step {step + 1} of {STEPS}")
        self.disturber.mend_all()
        self._until(self._is_at_rest, "its end")
        self._until(self.loader.overtaken_have_ended, "the end of the load that was overtaken")
        if not self.loader.ends_politely():
            raise StackError(f"the {self.loader.kind} does not end when asked to, or leaves processes behind")

    def _until(self, is_reached: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        asked = 0.0
        while True:
            self.disturber.advance()
            self._start_missing()
            if time.monotonic() - asked > ASK_SECONDS:
                asked = time.monotonic()
                if is_reached():
                    return
                self._raise_failed_task()
            if time.monotonic() > deadline:
                raise StackError(
                    f"{what} is not reached in {PATIENCE_SECONDS:.0f} s: {self._reached()}, expected "
                    f"{self.chaos.reached}; last words: {self.loader.last_words()}; {self.loader.health()}"
                )
            time.sleep(LOOK_SECONDS)

    def _start_missing(self) -> None:
        """Start again what has ended; what gave up although nothing was broken has failed."""
        if self.loader.is_up or self.disturber.is_broken("loader"):
            return
        assert self.loader.process is not None
        code = self.loader.process.returncode
        if code == 0 and self.loader.kind == "load":
            return
        was_disturbed = not self.disturber.is_quiet or self.disturber.mended_at >= self._started
        if not was_disturbed:
            raise StackError(f"{self.loader.kind} ended with {code}: {self.loader.last_words()}")
        self._start()

    def _start(self) -> None:
        self._started = self.disturber.now()
        self.loader.start()

    def _has_reached(self, step: int) -> bool:
        """Whether all of a step is loaded; a `load` must also have ended, and well."""
        if self.disturber.is_broken("postgres"):
            return False
        has_arrived = self._reached() == self.chaos.reached[step]
        if self.loader.kind == "worker" or self.loader.is_up or self.disturber.is_broken("loader"):
            return has_arrived and self.loader.kind == "worker"
        if self.loader.process is not None and self.loader.process.returncode == 0 and not has_arrived:
            raise StackError(f"the load ended well, with {self._reached()} of {self.chaos.reached[step]}")
        return has_arrived

    def _is_at_rest(self) -> bool:
        """Whether nothing is on its way any more that could come too much."""
        if self.loader.kind == "load":
            return not self.loader.is_up
        return bool(self.loader.health().get("caught_up"))

    def _raise_failed_task(self) -> None:
        if self.loader.kind != "worker" or self.disturber.is_broken("loader"):
            return
        for name, connector in self.loader.health().get("connectors", {}).items():
            for task in connector["tasks"]:
                if task["state"] == "FAILED":
                    raise StackError(f"{name} task {task['id']} has failed: {task['reason']}")

    def _reached(self) -> Reached | None:
        return _reached(self.chaos.warehouse.config, DISTURBED)


def chaos(
    config: settings.Settings, options: ChaosOptions, reporter: Reporter, tell: Callable[[Round], None]
) -> dict[str, Any]:
    """An undisturbed load, then rounds of disturbed ones until one differs; `tell` hears of each."""
    rounds: list[Round] = []
    with breakable_warehouse(config, max(1, options.rows // TRANSACTIONS)) as warehouse:
        files = ChaosFiles(warehouse.config.data, options.seed, options.rows, options.files)
        run = _Chaos(warehouse, options, files)

        def load_disturbed(listen: Listener) -> tuple[str, dict[str, Any]]:
            for number in range(1, options.rounds + 1):
                listen(Event("progress", f"round {number}", number - 1, options.rounds))
                rounds.append(run.load_disturbed(number))
                tell(rounds[-1])
                if not rounds[-1].equal:
                    break
            equal = sum(each.equal for each in rounds)
            return f"{equal} of {options.rounds} rounds equal", {}

        _work(reporter, Stage("undisturbed", "Undisturbed load", run.load_undisturbed))
        _work(reporter, Stage("rounds", "Disturbed loads", load_disturbed))
        undisturbed = run.seconds
    longer = median(each.seconds / undisturbed for each in rounds)
    return {
        "name": "chaos",
        "runs": options.rounds,
        **asdict(options),
        "undisturbed_seconds": round(undisturbed, 1),
        "results": [asdict(each) for each in rounds],
        "ratios": {"disturbed_to_undisturbed": round(longer, 2)},
    }


def _work(reporter: Reporter, stage: Stage) -> None:
    """One stage, in this thread: an interrupt must reach it."""
    began = time.monotonic()
    reporter.begin(stage)
    text, facts = stage.work(lambda event: reporter.hear(stage, event))
    reporter.end(stage, Result(stage.name, Verdict.DONE, time.monotonic() - began, text, facts))


def _reached(config: settings.Settings, database: str) -> Reached | None:
    """How much of the ledger there is; None where the database does not answer."""
    try:
        with psycopg.connect(config.postgres.conninfo(Role.ADMIN, database), connect_timeout=2) as connection:
            return connection.execute(REACHED).fetchone()
    except psycopg.OperationalError:
        return None
