"""TableSource: the connector that sends the rows of an append-only table, by its increasing column."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

import settings
from ingestion.config_definition import ConfigDef, ConfigKey, Importance, Type, at_least, one_of
from ingestion.connector import COMMON, SourceConnector
from ingestion.dialect import Database
from ingestion.errors import AbsentError, ConfigError
from ingestion.postgres import PostgresDatabase
from ingestion.task import Batch, Report, SourceTask
from ingestion.topics import SIGNALS, UPDATES

__all__ = ["SIGNALS_SOURCE", "TABLE_SOURCE", "UPDATES_SOURCE", "TableSourceConnector", "TableSourceTask"]

TABLE_SOURCE = COMMON + ConfigDef(
    [
        ConfigKey("table", Type.STRING, "Table to read, schema.name.", importance=Importance.HIGH),
        ConfigKey(
            "increasing.column",
            Type.STRING,
            "Its column that only grows; rows are sent in its order.",
            importance=Importance.HIGH,
        ),
        ConfigKey(
            "key.column", Type.STRING, "Column that becomes the message key.", importance=Importance.HIGH
        ),
        ConfigKey("topic", Type.STRING, "Topic the rows go to.", importance=Importance.HIGH),
        ConfigKey(
            "mode",
            Type.STRING,
            "`once`: send what is new and end. `watch`: go on for ever.",
            "once",
            one_of("once", "watch"),
            "once, watch",
        ),
        ConfigKey(
            "poll.interval.ms",
            Type.INT,
            "In mode `watch`, the table is asked as often at most.",
            500,
            at_least(50),
            "50 or more",
        ),
        ConfigKey(
            "batch.max.rows",
            Type.INT,
            "Rows a Kafka transaction holds at most.",
            10_000,
            at_least(1),
            "1 or more",
        ),
    ]
)
UPDATES_SOURCE = {
    "name": "processed-updates",
    "table": "okr_processed.int_key_result_changes",
    "increasing.column": "change_id",
    "key.column": "key_result_key",
    "topic": UPDATES,
}
LONGEST_WAIT = 30.0
SLEEP_SECONDS = 0.25
POLLING_SHARE = 0.02
SIGNALS_SOURCE = {
    "name": "signals",
    "table": "okr_raw.outbox",
    "increasing.column": "outbox_id",
    "key.column": "signal",
    "topic": SIGNALS,
}


class TableSourceConnector(SourceConnector):
    """Sends one table; one task, for its rows have one order."""

    config_def = TABLE_SOURCE

    def __init__(self, properties: Mapping[str, Any]) -> None:
        super().__init__(properties)
        for key in ("table", "increasing.column", "key.column"):
            words = str(self.config[key]).split(".")
            if not all(word.isidentifier() for word in words) or len(words) != (2 if key == "table" else 1):
                raise ConfigError(
                    f"{key}={self.config[key]!r}: must be {'schema.name' if key == 'table' else 'a name'}"
                )

    def task_configs(self) -> list[dict[str, Any]]:
        """One task."""
        return super().task_configs()[:1]

    @property
    def task_class(self) -> type[SourceTask]:
        """What its tasks are."""
        return TableSourceTask


class TableSourceTask(SourceTask):
    """Sends what is new in the table: once, or as it comes. The table may be missing, and be made anew."""

    def __init__(self, config: Mapping[str, Any], report: Report) -> None:
        super().__init__(config, report)
        self._database: Database | None = None
        self._after = 0
        self._sent = 0
        self._due = 0.0
        self._spent: deque[float] = deque(maxlen=8)
        self._is_absent = False
        self._is_finished = False

    def start(self, offsets: Mapping[tuple[tuple[str, str], ...], dict[str, Any]]) -> None:
        """Go on after the last row sent."""
        table, column = self.config["table"], self.config["increasing.column"]
        self._database = PostgresDatabase(settings.load().postgres)
        self._after = offsets.get((("table", table),), {}).get(column, 0)
        self._tell_offset()

    @property
    def is_finished(self) -> bool:
        """In mode `once`, when it has caught up."""
        return self._is_finished

    def poll(self) -> Batch | None:
        """The next rows; in mode `watch` waits a little when there are none."""
        began = time.monotonic()
        if (missing := self._due - began) > 0:
            time.sleep(min(missing, SLEEP_SECONDS))
            return None
        try:
            rows = self._next_rows()
        except AbsentError:
            self._tell_absent()
            rows = []
        if rows:
            return self._batch(rows)
        self._is_finished = self.config["mode"] == "once"
        interval = self.config["poll.interval.ms"] / 1000
        # A table without an index on its column is read through: no more than this share of the time.
        now = time.monotonic()
        self._spent.append(now - began)
        # The quickest of the last few: on a busy machine all take long.
        self._due = now + max(interval, min(LONGEST_WAIT, min(self._spent) / POLLING_SHARE))
        return None

    def committed(self, batch: Batch) -> None:
        """Tell how many were sent."""
        self._sent += batch.count
        self.report({"event": "sent", "topic": self.config["topic"], "rows": self._sent})
        self._tell_offset()

    def stop(self) -> None:
        """Disconnect."""
        if self._database:
            self._database.close()

    def _next_rows(self) -> list[tuple[Any, ...]]:
        """Rows after the last one sent; from the beginning if the table was made anew with lower numbers."""
        assert self._database is not None
        table, column = self.config["table"], self.config["increasing.column"]
        if not self._database.has_table(table):
            self._tell_absent()
            return []
        newest = self._database.query(f"select coalesce(max({column}), 0) from {table}")[0][0]
        self._is_absent = False
        if newest < self._after:
            text = f"{table} was made anew: it is sent from its beginning"
            self.report({"event": "rewound", "table": table, "text": text})
            self._after = 0
            self._tell_offset()
        if newest == self._after:
            return []
        statement = f"""
            select row_to_json(t.*), t.{column}, t.{self.config["key.column"]} from {table} t
            where t.{column} > :after order by t.{column}
            fetch first {self.config["batch.max.rows"]} rows only
        """
        return self._database.query(statement, {"after": self._after})

    def _batch(self, rows: list[tuple[Any, ...]]) -> Batch:
        batch = Batch()
        for body, _, key in rows:
            batch.add(self.config["topic"], str(key), orjson.dumps(body, default=_plain))
        self._after = int(rows[-1][1])
        batch.set_offset({"table": self.config["table"]}, {self.config["increasing.column"]: self._after})
        return batch

    def _tell_absent(self) -> None:
        if not self._is_absent:
            table, column = self.config["table"], self.config["increasing.column"]
            text = f"{table} does not exist yet, or {column} of it may not be read: nothing to send"
            self.report({"event": "absent", "table": table, "text": text})
        self._is_absent = True

    def _tell_offset(self) -> None:
        self.report({"event": "offset", "offset": self._after})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
