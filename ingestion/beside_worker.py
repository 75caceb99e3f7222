"""`load` and `publish-updates` beside a worker: it does the work, they wait and tell the facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ingestion import ledger
from ingestion.arrival_watch import ArrivalWatch
from ingestion.errors import IngestionError
from ingestion.ingestion_lock import Holder
from ingestion.load_facts import load_facts
from ingestion.postgres import PostgresDatabase
from ingestion.table_source import SIGNALS_SOURCE, UPDATES_SOURCE
from ingestion.worker_client import WorkerClient
from settings import Settings

__all__ = ["load", "publish_updates"]

Tell = Callable[[Mapping[str, Any]], None]
Facts = dict[str, Any]


def load(configured: Settings, source: Mapping[str, Any], tell: Tell, holder: Holder) -> Facts:
    """Have the worker look at the same places now; returns when all it found is in the warehouse."""
    if source["mode"] == "watch":
        raise IngestionError(f"{holder.text} watches already: there is nothing to do")
    began = time.monotonic()
    client = WorkerClient(holder)
    database = PostgresDatabase(configured.postgres)
    newest = ledger.newest_publication(database)
    restarts = _restarts(client.health())
    tell(_event("start", "load", f"loading {source['input.path']}, by {holder.text}"))
    watch = ArrivalWatch(configured, database)
    try:
        state = _wait_for_scan(client, source, tell)
        ends = watch.topic_ends()
        for _ in client.patiently():
            if watch.has_arrived(ends):
                break
        files = ledger.facts_of(watch.database, state["files"], newest)
        counts = {name: state[name] for name in ("paths", "unchanged", "ignored", "bytes")}
        counts["published"] = ledger.newest_publication(watch.database) - newest
        counts["restarts"] = _restarts(client.health()) - restarts
        facts = load_facts(files, counts, state["ignored_paths"], began)
    finally:
        watch.database.close()
    if state["young"]:
        note = f"{state['young']} files are still written to: the worker takes them when they keep still"
        tell(_event("message", "load", note))
    return facts


def publish_updates(configured: Settings, tell: Tell, holder: Holder) -> Facts:
    """Wait until the worker has sent all rows that are in its tables now."""
    began = time.monotonic()
    client = WorkerClient(holder)
    sources = {source["name"]: source for source in (UPDATES_SOURCE, SIGNALS_SOURCE)}
    tell(_event("start", "publish-updates", f"{holder.text} sends updates and signals"))
    database = PostgresDatabase(configured.postgres)
    try:
        wanted = {name: _newest(database, source) for name, source in sources.items()}
        before = _records(client.health())
        facts: Facts = {}
        for facts in client.patiently():
            reached = {name: facts["connectors"][name]["offset"] for name in sources}
            if all(_has_sent(database, sources[name], wanted[name], reached[name]) for name in sources):
                break
    finally:
        database.close()
    sent = {name: count - before[name] for name, count in _records(facts).items()}
    return {
        "updates": sent[UPDATES_SOURCE["name"]],
        "signals": sent[SIGNALS_SOURCE["name"]],
        "seconds": round(time.monotonic() - began, 2),
    }


def _wait_for_scan(client: WorkerClient, source: Mapping[str, Any], tell: Tell) -> Facts:
    wish = {
        "data": source["input.path"],
        "paths": [str(Path(path)) for path in source["input.paths"]],
        "as_of": source["as.of"],
        "known_at": source["known.at"],
    }
    request = client.request_scan(wish)
    state: Facts = {}
    lag = -1
    for facts in client.patiently():
        state = client.scan(request)
        if state["state"] == "done":
            break
        if facts["lag_records"] != lag:
            lag = facts["lag_records"]
            tell({**_event("progress", "load", f"{facts['message']}"), "done": 0, "total": None})
    return state


def _has_sent(
    database: PostgresDatabase, source: Mapping[str, Any], wanted: int | None, reached: int | None
) -> bool:
    """Whether a source has passed a row; a table that was made anew with lower numbers counts from there."""
    if wanted is None:
        return True
    if reached is None or reached < wanted:
        return False
    newest = _newest(database, source)
    return newest is None or reached <= newest


def _newest(database: PostgresDatabase, source: Mapping[str, Any]) -> int | None:
    """The highest number of a table; None where there is no table."""
    table, column = source["table"], source["increasing.column"]
    if not database.has_table(table):
        return None
    return int(database.query(f"select coalesce(max({column}), 0) from {table}")[0][0])


def _records(health: Facts) -> dict[str, int]:
    return {name: connector["records"] for name, connector in health["connectors"].items()}


def _restarts(health: Facts) -> int:
    return sum(task["restarts"] for item in health["connectors"].values() for task in item["tasks"])


def _event(kind: str, stage: str, text: str) -> Facts:
    return {"event": kind, "stage": stage, "text": text, "done": 0, "total": None}
