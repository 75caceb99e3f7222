"""TableSource: the connector that sends the rows of an append-only table, by its increasing column."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

import settings
from ingestion.config_definition import ConfigDef, ConfigKey, Importance, Type, at_least
from ingestion.connector import COMMON, SourceConnector
from ingestion.dialect import Database
from ingestion.errors import ConfigError
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
    """Sends what is new in the table, once, then is finished."""

    def __init__(self, config: Mapping[str, Any], report: Report) -> None:
        super().__init__(config, report)
        self._database: Database | None = None
        self._after = 0
        self._sent = 0
        self._is_finished = False

    def start(self, offsets: Mapping[tuple[tuple[str, str], ...], dict[str, Any]]) -> None:
        """Go on after the last row sent; from the beginning if the table was made anew with lower numbers."""
        table, column = self.config["table"], self.config["increasing.column"]
        self._database = PostgresDatabase(settings.load().postgres)
        if not self._database.has_table(table):
            text = f"{table} does not exist yet, or {column} of it may not be read: nothing to send"
            self.report({"event": "absent", "table": table, "text": text})
            self._is_finished = True
            return
        self._after = offsets.get((("table", table),), {}).get(column, 0)
        newest = self._database.query(f"select coalesce(max({column}), 0) from {table}")[0][0]
        if newest < self._after:
            self.report(
                {
                    "event": "rewound",
                    "table": table,
                    "text": f"{table} was made anew: it is sent from its beginning",
                }
            )
            self._after = 0

    @property
    def is_finished(self) -> bool:
        """Caught up."""
        return self._is_finished

    def poll(self) -> Batch | None:
        """The next rows."""
        if self._database is None or self._is_finished:
            return None
        table, column, limit = (
            self.config["table"],
            self.config["increasing.column"],
            self.config["batch.max.rows"],
        )
        statement = f"""
            select row_to_json(t.*), t.{column}, t.{self.config["key.column"]} from {table} t
            where t.{column} > :after order by t.{column} fetch first {limit} rows only
        """
        rows = self._database.query(statement, {"after": self._after})
        if not rows:
            self._is_finished = True
            return None
        batch = Batch()
        for body, _, key in rows:
            batch.add(self.config["topic"], str(key), orjson.dumps(body, default=_plain))
        self._after = int(rows[-1][1])
        batch.set_offset({"table": table}, {column: self._after})
        return batch

    def committed(self, batch: Batch) -> None:
        """Tell how many were sent."""
        self._sent += batch.count
        self.report({"event": "sent", "topic": self.config["topic"], "rows": self._sent})

    def stop(self) -> None:
        """Disconnect."""
        if self._database:
            self._database.close()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
