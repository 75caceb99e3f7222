"""Looks every few seconds whether Kafka and the database answer, and how far the warehouse is behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingestion import ledger
from ingestion.errors import IngestionError
from ingestion.postgres import PostgresDatabase
from ingestion.topics import TopicEnds
from settings import Settings

__all__ = ["Monitor", "Observation"]

INTERVAL_SECONDS = 2.0
ANSWER_SECONDS = 4.0
LEDGER_SECONDS = 10.0
# Whoever does not answer keeps the look from ending.
SILENT_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look has found. Problems are one line each, None where all is well."""

    looked_at: float = 0.0
    kafka_problem: str | None = "not asked yet"
    postgres_problem: str | None = "not asked yet"
    cluster_id: str | None = None
    lag: dict[tuple[str, int], int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    newest_publication: float | None = None

    @property
    def problem(self) -> str | None:
        """What is wrong, if anything is."""
        return self.kafka_problem or self.postgres_problem


class Monitor:
    """Looks in a thread of its own: whoever asks for the last observation never waits."""

    def __init__(self, configured: Settings, connector: str, topics: Sequence[str]) -> None:
        self._configured = configured
        self._connector = connector
        self._ends = TopicEnds(configured.kafka, topics, ANSWER_SECONDS)
        self._database: PostgresDatabase | None = None
        self._last = Observation()
        self._asking = ""
        self._asking_since = 0.0
        self._ledger_due = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def observation(self) -> Observation:
        """The last look; one that does not come back says who does not answer."""
        silent = time.monotonic() - self._asking_since
        if not self._asking or silent < SILENT_SECONDS:
            return self._last
        text = f"{self._asking} has not answered for {silent:.0f} s"
        if self._asking == "Kafka":
            return replace(self._last, kafka_problem=text)
        return replace(self._last, postgres_problem=text)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._last = self._look()
            self._stopping.wait(INTERVAL_SECONDS)

    def _look(self) -> Observation:
        kafka_problem = postgres_problem = None
        cluster = self._last.cluster_id
        ends: dict[tuple[str, int], int] = {}
        self._ask("Kafka")
        try:
            cluster, ends = self._ends.now()
        except IngestionError as problem:
            kafka_problem = str(problem)
        self._ask("Postgres")
        found = self._last
        try:
            found = self._ask_database(found)
            lag = self._lag(ends) if ends else found.lag
        except IngestionError as problem:
            postgres_problem, lag = str(problem), found.lag
            if self._database:
                self._database.close()
            self._database = None
        self._ask("")
        return replace(
            found,
            looked_at=time.time(),
            kafka_problem=kafka_problem,
            postgres_problem=postgres_problem,
            cluster_id=cluster,
            lag=lag,
        )

    def _ask(self, whom: str) -> None:
        self._asking_since, self._asking = time.monotonic(), whom

    def _ask_database(self, found: Observation) -> Observation:
        if self._database is None:
            self._database = PostgresDatabase(self._configured.postgres)
        if time.monotonic() < self._ledger_due:
            return found
        files = ledger.count_by_status(self._database)
        newest = ledger.newest_known_at(self._database)
        self._ledger_due = time.monotonic() + LEDGER_SECONDS
        return replace(found, files=files, newest_publication=newest.timestamp() if newest else None)

    def _lag(self, ends: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        assert self._database is not None
        reached = ledger.positions(self._database, self._connector)
        return {which: max(0, end - reached.get(which, 0)) for which, end in ends.items()}
