"""CsvSource: the connector that brings CSV files into Kafka."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from ingestion.config_definition import ConfigDef, ConfigKey, Importance, Type, at_least, between, one_of
from ingestion.connector import COMMON, SourceConnector
from ingestion.csv_sender import CsvSender
from ingestion.csv_state import CsvState
from ingestion.datasets import load_catalogue
from ingestion.discovery import BASES, discover
from ingestion.errors import ConfigError
from ingestion.scan_agenda import Scan, ScanAgenda
from ingestion.task import Batch, Report, SourceTask
from ingestion.topics import INGEST, REJECTS

__all__ = ["CSV_SOURCE", "SOURCE_NAME", "CsvSourceConnector", "CsvSourceTask"]

SOURCE_NAME = "csv-source"
CSV_SOURCE = COMMON + ConfigDef(
    [
        ConfigKey(
            "input.path",
            Type.STRING,
            "The data root: a folder per source instance.",
            importance=Importance.HIGH,
        ),
        ConfigKey(
            "input.paths", Type.LIST, "Only these files and folders, instead of the whole data root.", []
        ),
        ConfigKey(
            "mode",
            Type.STRING,
            "`once`: take what is there and end. `watch`: go on for ever.",
            "once",
            one_of("once", "watch"),
            "once, watch",
            Importance.HIGH,
        ),
        ConfigKey("topic", Type.STRING, "Topic of rows and of what is known about files.", INGEST),
        ConfigKey("rejects.topic", Type.STRING, "Topic of rows that can't be read.", REJECTS),
        ConfigKey(
            "as.of", Type.STRING, "Date of the snapshots found, YYYY-MM-DD; empty: as each file says.", ""
        ),
        ConfigKey(
            "known.at",
            Type.STRING,
            "Overrides what each instance.yml says; empty: does not.",
            "",
            one_of("", *BASES),
            "published, recorded",
        ),
        ConfigKey(
            "error.budget.share",
            Type.DOUBLE,
            "A file with more rejects than this share of its rows is held.",
            0.25,
            between(0, 1),
            "0 to 1",
        ),
        ConfigKey(
            "error.budget.count",
            Type.INT,
            "A file with more rejects than this is held.",
            1000,
            at_least(0),
            "0 or more",
        ),
        ConfigKey(
            "error.budget.free",
            Type.INT,
            "So many rejects never hold a file by their share, if any row is good.",
            10,
            at_least(0),
            "0 or more",
            Importance.LOW,
        ),
        ConfigKey(
            "record.max.bytes",
            Type.INT,
            "A longer record, line or field is rejected.",
            524_288,
            between(1024, 900_000),
            "1024 to 900000",
            Importance.LOW,
        ),
        ConfigKey(
            "reject.raw.max.bytes",
            Type.INT,
            "So much of a rejected row is kept.",
            65_536,
            between(0, 65_536),
            "0 to 65536",
            Importance.LOW,
        ),
        ConfigKey(
            "file.minimum.age.ms",
            Type.INT,
            "A file younger than this is left alone, for it may still grow.",
            0,
            at_least(0),
            "0 or more",
        ),
        ConfigKey(
            "notifications",
            Type.STRING,
            "In mode `watch`: `notify` by the operating system, `poll`, or `auto` by the file system.",
            "auto",
            one_of("auto", "notify", "poll"),
            "auto, notify, poll",
            Importance.LOW,
        ),
        ConfigKey(
            "rescan.interval.ms",
            Type.INT,
            "In mode `watch`, the whole tree is looked at as often, whatever was notified.",
            60_000,
            at_least(100),
            "100 or more",
            Importance.LOW,
        ),
        ConfigKey(
            "transaction.max.records",
            Type.INT,
            "Messages a Kafka transaction holds at most.",
            20_000,
            at_least(1),
            "1 or more",
            Importance.LOW,
        ),
        ConfigKey(
            "transaction.max.bytes",
            Type.INT,
            "Bytes a Kafka transaction holds at most.",
            16_777_216,
            at_least(1024),
            "1024 or more",
            Importance.LOW,
        ),
    ]
)


class CsvSourceConnector(SourceConnector):
    """Watches a tree of CSV files. Instances are spread over the tasks: content is known within one."""

    config_def = CSV_SOURCE

    def __init__(self, properties: Mapping[str, Any]) -> None:
        super().__init__(properties)
        if given := self.config["as.of"]:
            try:
                date.fromisoformat(given)
            except ValueError as problem:
                raise ConfigError(f"as.of={given!r}: must be a date YYYY-MM-DD") from problem

    @property
    def task_class(self) -> type[SourceTask]:
        """What its tasks are."""
        return CsvSourceTask


class CsvSourceTask(SourceTask):
    """Sends the files of some instances. It has no database: what it finds are messages."""

    def __init__(self, config: Mapping[str, Any], report: Report) -> None:
        super().__init__(config, report)
        self._work: Iterator[Batch] | None = None
        self._is_finished = False
        self._agenda = ScanAgenda(config)

    def start(self, offsets: Mapping[tuple[tuple[str, str], ...], dict[str, Any]]) -> None:
        """Begin after these offsets."""
        self._sender = CsvSender(self.config, CsvState(offsets), load_catalogue(), self._tell_found)

    def ask(self, request: Mapping[str, Any]) -> None:
        """Look at some places for someone who waits for it."""
        self._agenda.add(request)

    @property
    def is_finished(self) -> bool:
        """In mode `once`, after the tree was looked at."""
        return self._is_finished

    def poll(self) -> Batch | None:
        """The next transaction's worth; in mode `watch` waits a little when there is none."""
        if self._work is None:
            scan = self._agenda.next()
            if scan is None:
                return None
            self._scan = scan
            self._work = self._look(scan)
        batch = next(self._work, None)
        if batch is None:
            self._work = None
            self._finish()
        return batch

    def committed(self, batch: Batch) -> None:
        """Tell how far it has come."""
        self.report({"event": "sent", "request": self._scan.request, **self._sender.facts()})

    def stop(self) -> None:
        """Stop watching."""
        self._work = None
        self._agenda.close()

    def _look(self, scan: Scan) -> Iterator[Batch]:
        sender = self._sender
        sender.begin(datetime.now().astimezone(), scan.as_of)
        for found in discover(scan.places, scan.known_at or self.config["known.at"] or None):
            if self._is_mine(found.instance):
                yield from sender.take(found)
        sender.give_up_vanished(lambda name, instance: self._is_mine(instance) and scan.covers(name))
        yield from sender.rest()

    def _finish(self) -> None:
        self._is_finished = self.config["mode"] == "once"
        facts = self._sender.facts()
        is_waiting = self._agenda.finish(self._scan, self._sender.ages.young, facts)
        report = {"request": self._scan.request, "young": len(self._sender.ages.young), **facts}
        self.report({"event": "sent" if is_waiting else "scanned", **report, **self._scan.brought})

    def _tell_found(self) -> None:
        """There is something new: the sink may get ready while it is read."""
        self.report({"event": "found"})

    def _is_mine(self, instance: str) -> bool:
        return bool(zlib.crc32(instance.encode()) % self.config["task.count"] == self.config["task.id"])
