"""The topics, and their making where they are missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion.errors import FatalError, ServiceError
from settings import KafkaSettings

__all__ = [
    "INGEST",
    "OFFSETS",
    "REJECTS",
    "SIGNALS",
    "UPDATES",
    "TopicEnds",
    "cluster_id",
    "make_topics",
    "topic_ends",
    "topic_ids",
    "unreachable",
]

logger = logging.getLogger(__name__)

INGEST = "okr_raw_ingest"
REJECTS = "okr_raw_rejects"
UPDATES = "okr_processed_updates"
SIGNALS = "okr_signals"
OFFSETS = "okr_source_offsets"
TIMEOUT = 15.0


def make_topics(kafka: KafkaSettings) -> None:
    """Make what is missing, with partitions and replication from the settings; back when all are listed.

    Raises ServiceError.
    """
    admin = AdminClient(_quiet(kafka))
    try:
        present = set(admin.list_topics(timeout=TIMEOUT).topics)
    except KafkaException as problem:
        raise unreachable(kafka, problem) from problem
    wanted = [NewTopic(name, kafka.partitions, kafka.replication) for name in (INGEST, REJECTS, UPDATES)]
    wanted.append(NewTopic(SIGNALS, 1, kafka.replication))
    wanted.append(NewTopic(OFFSETS, 1, kafka.replication, config={"cleanup.policy": "compact"}))
    missing = [topic for topic in wanted if topic.topic not in present]
    for name, future in admin.create_topics(missing).items() if missing else ():
        try:
            future.result(TIMEOUT)
            logger.info("made topic %s", name)
        except KafkaException as problem:
            if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ServiceError(f"topic '{name}' can't be made: {problem.args[0].str()}") from problem
        except TimeoutError as problem:
            raise unreachable(kafka, problem) from problem
    if missing:
        try:
            _until_listed(admin, {topic.topic for topic in wanted})
        except (KafkaException, TimeoutError) as problem:
            raise unreachable(kafka, problem) from problem


@retry(
    retry=retry_if_exception_type(TimeoutError),
    stop=stop_after_delay(TIMEOUT),
    wait=wait_fixed(0.05),
    reraise=True,
)
def _until_listed(admin: AdminClient, names: set[str]) -> None:
    """A broker may list a topic some moments after its controller has made it; who asks then finds none."""
    if not names <= set(admin.list_topics(timeout=TIMEOUT).topics):
        raise TimeoutError


def cluster_id(kafka: KafkaSettings) -> str:
    """Identity of the Kafka cluster. Raises ServiceError."""
    try:
        return str(AdminClient(_quiet(kafka)).list_topics(timeout=TIMEOUT).cluster_id)
    except KafkaException as problem:
        raise unreachable(kafka, problem) from problem


def topic_ids(kafka: KafkaSettings, topics: list[str]) -> dict[str, str]:
    """Identity of each topic; one made anew under its name has another. Raises ServiceError, FatalError."""
    admin = AdminClient(_quiet(kafka))
    futures = admin.describe_topics(TopicCollection(topics), request_timeout=TIMEOUT)
    found = {}
    for name, future in futures.items():
        try:
            found[name] = str(future.result(TIMEOUT).topic_id)
        except KafkaException as problem:
            if problem.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise FatalError(f"topic '{name}' does not exist") from problem
            raise unreachable(kafka, problem) from problem
        except TimeoutError as problem:
            raise unreachable(kafka, problem) from problem
    return found


def topic_ends(kafka: KafkaSettings, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """Where each partition ends now, open transactions included. Raises ServiceError."""
    return TopicEnds(kafka, topics, TIMEOUT).now()[1]


class TopicEnds:
    """Asks over and over where topics end, by one connection; a broker that was away is found again by it."""

    def __init__(self, kafka: KafkaSettings, topics: Sequence[str], timeout: float) -> None:
        self._kafka = kafka
        self._topics = topics
        self._timeout = timeout
        self._admin = AdminClient(_quiet(kafka))

    def now(self) -> tuple[str, dict[tuple[str, int], int]]:
        """Id of the cluster, and where each partition ends now, open transactions included.

        Raises ServiceError.
        """
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        try:
            cluster = self._admin.list_topics(timeout=self._timeout)
            asked = {
                TopicPartition(topic, partition): latest
                for topic in self._topics
                if topic in cluster.topics
                for partition in cluster.topics[topic].partitions
            }
            found = self._admin.list_offsets(
                asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=self._timeout
            )
            return str(cluster.cluster_id), {
                (which.topic, which.partition): int(future.result(self._timeout).offset)
                for which, future in found.items()
            }
        except (KafkaException, TimeoutError) as problem:
            raise unreachable(self._kafka, problem) from problem


def unreachable(kafka: KafkaSettings, problem: KafkaException | TimeoutError) -> ServiceError:
    """The error of a broker that does not answer: address, what the client says, what to do."""
    said = problem.args[0].str() if isinstance(problem, KafkaException) else "no answer in time"
    return ServiceError(
        f"Kafka at {kafka.bootstrap} can't be reached ({said}): "
        "start it with `okr run` or set OKR_KAFKA_BOOTSTRAP"
    )


def _quiet(kafka: KafkaSettings) -> dict[str, str | int | float | bool]:
    return {**kafka.client_config(), "log_level": "0"}
