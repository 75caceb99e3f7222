"""WarehouseSink: the connector that brings rows, rejects and the ledger into the database, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Message, TopicPartition

import settings
from ingestion.config_definition import ConfigDef, ConfigKey, Importance, Type, at_least
from ingestion.connector import COMMON, SinkConnector
from ingestion.dialect import Database, Owner
from ingestion.errors import FatalError
from ingestion.postgres import PostgresDatabase
from ingestion.publishing import publish_complete
from ingestion.task import Report, SinkTask
from ingestion.topics import INGEST, REJECTS, cluster_id, topic_ids
from ingestion.writer import Position, write

__all__ = ["SINK_NAME", "WAREHOUSE_SINK", "WarehouseSinkConnector", "WarehouseSinkTask"]

logger = logging.getLogger(__name__)

SINK_NAME = "warehouse-sink"
WAREHOUSE_SINK = COMMON + ConfigDef(
    [
        ConfigKey(
            "topics",
            Type.LIST,
            "Topics read: rows, and rejects.",
            [INGEST, REJECTS],
            importance=Importance.HIGH,
        ),
        ConfigKey(
            "batch.size",
            Type.INT,
            "Messages a database transaction holds at most.",
            20_000,
            at_least(1),
            "1 or more",
        ),
        ConfigKey(
            "batch.wait.ms",
            Type.INT,
            "A smaller batch is written after this time.",
            200,
            at_least(0),
            "0 or more",
            Importance.LOW,
        ),
        ConfigKey(
            "worker.id",
            Type.STRING,
            "Tells workers apart that share the consumer group; empty: the host's name.",
            "",
            importance=Importance.LOW,
        ),
    ]
)
POSITION = """
    select cluster_id, topic_id, next_offset, owner_pid, owner_started_at from okr_raw.positions
    where connector = :connector and topic = :topic and topic_partition = :partition
"""
CLAIM = """
    update okr_raw.positions
    set owner_pid = :pid, owner_started_at = :started_at, updated_at = current_timestamp
    where connector = :connector and topic = :topic and topic_partition = :partition
"""


class WarehouseSinkConnector(SinkConnector):
    """Partitions are spread over the tasks by Kafka."""

    config_def = WAREHOUSE_SINK

    @property
    def task_class(self) -> type[SinkTask]:
        """What its tasks are."""
        return WarehouseSinkTask

    @property
    def topics(self) -> list[str]:
        """What it reads."""
        return list(self.config["topics"])


class WarehouseSinkTask(SinkTask):
    """Writes the messages of its partitions. Where it stands is what the database says, not Kafka."""

    def __init__(self, config: Mapping[str, Any], report: Report) -> None:
        super().__init__(config, report)
        self._database: Database | None = None
        self._next: dict[tuple[str, int], int] = {}

    def start(self) -> None:
        """Connect, and learn which cluster and topics these are."""
        configured = settings.load()
        self._database = PostgresDatabase(configured.postgres)
        self._owner: Owner = self._database.owner()
        self._cluster = cluster_id(configured.kafka)
        self._topics = topic_ids(configured.kafka, self.config["topics"])

    def open(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Claim partitions, ending the database session of whoever owned them."""
        for partition in partitions:
            self._next[(partition.topic, partition.partition)] = self._claim(partition)
        publish_complete(self._db)
        return [TopicPartition(p.topic, p.partition, self._next[(p.topic, p.partition)]) for p in partitions]

    def put(self, messages: Sequence[Message], ends: Mapping[tuple[str, int], int]) -> None:
        """Write a batch with its positions, then publish what has become complete."""
        reached = dict(ends)
        for message in messages:
            where = (str(message.topic()), int(message.partition() or 0))
            reached[where] = max(reached.get(where, 0), int(message.offset() or 0) + 1)
        moves = [
            Position(topic, partition, self._next[(topic, partition)], offset)
            for (topic, partition), offset in sorted(reached.items())
            if offset > self._next[(topic, partition)]
        ]
        if not moves:
            return
        written = write(self._db, self.config["name"], self._owner, messages, moves)
        self._next.update({(move.topic, move.partition): move.next for move in moves})
        published = publish_complete(self._db) if written.may_publish else 0
        logger.debug(
            "connector=%s wrote %d rows, %d rejects", self.config["name"], written.rows, written.rejects
        )
        self.report(
            {"event": "written", "rows": written.rows, "rejects": written.rejects, "published": published}
        )

    def close(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget partitions."""
        for partition in partitions:
            self._next.pop((partition.topic, partition.partition), None)

    def stop(self) -> None:
        """Disconnect."""
        if self._database:
            self._database.close()

    @property
    def _db(self) -> Database:
        assert self._database is not None
        return self._database

    def _claim(self, partition: TopicPartition) -> int:
        which = {"connector": self.config["name"], "topic": partition.topic, "partition": partition.partition}
        topic_id = self._topics[partition.topic]
        # The owner before may be stopped with the row locked: nothing may wait for it until its session has
        # ended. And each statement is a transaction of its own, so that whoever is stopped in the midst of
        # this holds no lock that nobody could trace.
        if not self._db.query(POSITION, which):
            new = {"connector": which["connector"], "topic": partition.topic}
            new |= {"topic_partition": partition.partition, "cluster_id": self._cluster}
            new |= {"topic_id": topic_id, "next_offset": 0}
            self._db.insert_missing("okr_raw.positions", [new])
        cluster, topic, _, pid, started_at = self._db.query(POSITION, which)[0]
        if (cluster, topic) != (self._cluster, topic_id):
            what = "cluster" if cluster != self._cluster else f"topic '{partition.topic}'"
            raise FatalError(
                f"the Kafka {what} is not the one the warehouse was loaded from "
                f"(loaded from {cluster}/{topic}, this is {self._cluster}/{topic_id}): "
                "point OKR_KAFKA_BOOTSTRAP at that one, restore its data, or start afresh with `okr reset`"
            )
        if pid is not None and Owner(pid, started_at) != self._owner:
            self._db.end_session(Owner(pid, started_at))
        self._db.execute(CLAIM, {**which, "pid": self._owner.pid, "started_at": self._owner.started_at})
        # Nobody else can move it from now on, but by claiming it in turn; and then our first move is refused.
        return int(self._db.query(POSITION, which)[0][2])
