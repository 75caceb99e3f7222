"""What the parts tell while they work: one JSON object a line on their standard output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

__all__ = ["Event", "Listener", "parse_dbt_line", "parse_event"]

DBT_RESULTS = {
    "LogModelResult",
    "LogTestResult",
    "LogSeedResult",
    "LogSnapshotResult",
    "LogNodeResult",
    "LogNodeNoOpResult",
}
DBT_SKIPS = {"SkippingDetails", "MarkSkippedChildren"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a part said: `start`, `progress`, `message` or `done`; the last `done` carries the facts."""

    kind: str
    text: str = ""
    done: int | None = None
    total: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Event], None]


def parse_event(line: str) -> Event | None:
    """An event of one of our parts; a line that is no JSON object is a message, an empty one is nothing."""
    line = line.strip()
    if not line:
        return None
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Event("message", line)
    if not isinstance(fields, dict) or "event" not in fields:
        return Event("message", line)
    facts = {name: value for name, value in fields.items() if name not in {"event", "stage", "text"}}
    return Event(
        kind=str(fields["event"]),
        text=str(fields.get("text") or ""),
        done=_count(fields.get("done")),
        total=_count(fields.get("total")),
        facts=facts,
    )


def parse_dbt_line(line: str) -> Event | None:
    """Progress from a line of dbt's JSON log: a node that is done is one step of its build."""
    try:
        fields = orjson.loads(line)
        name, data = fields["info"]["name"], fields["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Event("message", line.strip()) if line.strip() else None
    if name in DBT_RESULTS or name in DBT_SKIPS:
        node = data.get("node_info", {}).get("node_name", "")
        return Event("progress", text=node, done=_count(data.get("index")), total=_count(data.get("total")))
    if fields["info"].get("level") == "error":
        return Event("message", str(fields["info"].get("msg", "")).strip())
    return None


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
