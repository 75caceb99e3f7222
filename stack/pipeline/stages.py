"""The stages of `okr run`: which part does what, and in which order."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

import settings
from stack import embedded
from stack.databases import mlflow_is_current, note_mlflow_version
from stack.pipeline.child import Child, Parser, dbt, environment, part
from stack.pipeline.dbt_results import read_results
from stack.pipeline.events import Event, Listener, parse_dbt_line, parse_event
from stack.pipeline.stage import Stage, StageFailed

__all__ = ["SAMPLE_SEED", "Run"]

SAMPLE_SEED = 7
FORECAST = "tag:forecast"


@dataclass(slots=True)
class Run:
    """One run of the pipeline over one folder of files, for one as-of date."""

    config: settings.Settings
    data: Path
    as_of: date
    may_write_sample: bool
    children: list[Child] = field(default_factory=list)

    def stages(self) -> list[Stage]:
        """All stages, in the order they are shown."""
        return [
            Stage("services", "Start Postgres and Kafka", self.services),
            Stage("sample", "Look for files", self.sample),
            Stage("load", "Load files through Kafka", self.load, needs=("services", "sample")),
            Stage("mlflow", "Prepare MLflow's store", self.mlflow_store, needs=("services",)),
            Stage("quality_raw", "Check the raw door", self.door("raw"), needs=("load",)),
            Stage("transform", "Build and test the warehouse", self.transform, needs=("quality_raw",)),
            Stage("updates", "Publish updates", self.updates, needs=("transform",)),
            Stage("quality_model", "Check the model's door", self.door("model"), needs=("transform",)),
            Stage("train", "Train and judge", self.train, needs=("quality_model", "mlflow")),
            Stage(
                "score",
                "Score open key results",
                self.score,
                needs=("quality_model", "mlflow"),
                after=("train",),
            ),
            Stage(
                "forecast", "Build the forecast report", self.forecast, needs=("transform",), after=("score",)
            ),
        ]

    def end(self) -> None:
        """End the children that still run."""
        for child in self.children:
            child.end()

    def services(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """Postgres and Kafka, and the newest schema."""
        how = embedded.start_services(
            self.config, lambda text, done, total: listen(Event("progress", text, done, total))
        )
        return ", ".join(f"{name} {state}" for name, state in how.items()), how

    def sample(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """Where there is no CSV at all, a sample organisation; never in a folder the user named."""
        fresh = self.data / ".sample.new"
        shutil.rmtree(fresh, ignore_errors=True)  # of a run that was interrupted
        count = sum(1 for path in self.data.rglob("*") if path.suffix.lower() == ".csv" and path.is_file())
        if count or not self.may_write_sample:
            return f"{count} CSV files in {self.data}", {"csv_files": count, "sample_written": False}
        from stack.sample import write  # noqa: PLC0415 - only needed for an empty folder

        write(fresh, self.as_of, SAMPLE_SEED)
        for folder in fresh.iterdir():
            shutil.move(folder, self.data / folder.name)
        fresh.rmdir()
        count = sum(1 for _ in self.data.rglob("*.csv"))
        text = f"{self.data} held no CSV: wrote a sample organisation of {count} files (seed {SAMPLE_SEED})"
        return text, {"csv_files": count, "sample_written": True, "seed": SAMPLE_SEED}

    def load(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """Every new file, into Kafka and out of it into okr_raw."""
        return self._child("load", part("ingestion", "load", "--events"), listen)

    def door(self, name: str) -> Callable[[Listener], tuple[str, dict[str, Any]]]:
        """The checks of one door."""

        def check(listen: Listener) -> tuple[str, dict[str, Any]]:
            return self._child(
                f"quality_{name}", part("quality", "check", "--door", name, "--events"), listen
            )

        return check

    def transform(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """Models and the tests of their rows, all but what reads the forecasts, which are to come.

        Unit tests try code, not data: `make test` runs them.
        """
        return self._dbt(
            "transform", ("build", "--exclude", FORECAST, "--exclude-resource-type", "unit_test"), listen
        )

    def updates(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """What changed, to the topics others listen to."""
        return self._child("updates", part("ingestion", "publish-updates", "--events"), listen)

    def mlflow_store(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """MLflow's tables, where its store is our Postgres and they are not of the installed version."""
        if self.config.mlflow_tracking_uri is not None:
            return "external server", {}
        try:
            if mlflow_is_current(self.config):
                return "already there", {}
            self._child("mlflow", part("stack.mlflow_store"), listen)
            note_mlflow_version(self.config)
        except psycopg.Error as problem:
            raise StageFailed(f"MLflow's database refuses: {str(problem).strip()}") from problem
        return "made", {}

    def train(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """A model, and the gate's word on it, which the result tells in full."""
        text, facts = self._child("train", part("ml", "train", "--events"), listen)
        if champion := facts.get("champion"):
            word = "nothing new to learn from" if facts.get("skipped") else facts["decision"]
            text = f"{word}, in charge: {champion.replace('_', ' ')}"
        return text, facts

    def score(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """A forecast for each open key result."""
        return self._child("score", part("ml", "score", "--events"), listen)

    def forecast(self, listen: Listener) -> tuple[str, dict[str, Any]]:
        """The report that reads the forecasts."""
        return self._dbt("forecast", ("build", "--select", FORECAST), listen)

    def _child(
        self, name: str, command: list[str], listen: Listener, parser: Parser = parse_event
    ) -> tuple[str, dict[str, Any]]:
        last = ""

        def hear(event: Event) -> None:
            nonlocal last
            last = event.text if event.kind == "done" else last
            listen(event)

        child = Child(command, self._environment(), self.config.home / "logs" / f"{name}.log", parser)
        self.children.append(child)
        outcome = child.run(hear)
        if outcome.code != 0:
            raise StageFailed(f"{outcome.reason} (log: {child.log})", outcome.facts)
        return (last.strip().splitlines() or ["done"])[-1], outcome.facts

    def _dbt(self, name: str, arguments: tuple[str, ...], listen: Listener) -> tuple[str, dict[str, Any]]:
        begin = time.time()
        try:
            self._child(name, dbt(*arguments), counted(listen), parse_dbt_line)
        except StageFailed as problem:
            results = read_results(begin)
            if results is None or not results.failures:
                raise
            first = results.failures[0]
            raise StageFailed(
                f"{results.sentence()}; first {first['kind']} {first['node']}: {first['message']}",
                results.facts(),
            ) from problem
        results = read_results(begin)
        return (results.sentence(), results.facts()) if results else ("nothing to build", {})

    def _environment(self) -> dict[str, str]:
        return environment(OKR_AS_OF=self.as_of.isoformat(), OKR_DATA=str(self.data))


def counted(listen: Listener) -> Listener:
    """A listener for dbt, which numbers nodes as they begin and tells them as they end: count the ends."""
    ends = itertools.count(1)

    def hear(event: Event) -> None:
        listen(replace(event, done=next(ends)) if event.kind == "progress" else event)

    return hear
