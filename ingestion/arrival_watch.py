"""Whether everything that was sent has come into the warehouse."""

from __future__ import annotations

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion import ledger
from ingestion.dialect import Database
from ingestion.errors import RetriableError, ServiceError
from ingestion.postgres import PostgresDatabase
from ingestion.topics import INGEST, REJECTS, topic_ends
from ingestion.warehouse_sink import SINK_NAME
from settings import Settings

__all__ = ["OUTAGE_SECONDS", "ArrivalWatch"]

# A service that goes away during a load has this long to come back; the tasks have their own restart policy.
OUTAGE_SECONDS = 180


class ArrivalWatch:
    """Looks whether everything has arrived; outlives an outage of either service."""

    def __init__(self, configured: Settings, database: Database) -> None:
        self._configured = configured
        self.database = database
        self._patience = Retrying(
            retry=retry_if_exception_type((RetriableError, ServiceError)),
            wait=wait_fixed(1),
            stop=stop_after_delay(OUTAGE_SECONDS),
            reraise=True,
        )

    def topic_ends(self) -> dict[tuple[str, int], int]:
        """Where both topics end now."""
        return self._patience.copy()(topic_ends, self._configured.kafka, [INGEST, REJECTS])

    def has_arrived(self, ends: dict[tuple[str, int], int]) -> bool:
        """Whether the sink has passed these ends and everything is published."""
        return self._patience.copy()(self._has_arrived, ends)

    def _has_arrived(self, ends: dict[tuple[str, int], int]) -> bool:
        try:
            return ledger.has_arrived(self.database, SINK_NAME, ends)
        except RetriableError:
            self.database.close()
            self.database = PostgresDatabase(self._configured.postgres)
            return ledger.has_arrived(self.database, SINK_NAME, ends)
