"""Tells others that another model, or another fit of it, is in charge: a row of okr_raw.outbox."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ml.decisions import KEPT, Decision

__all__ = ["announce"]

# Everybody writes to the outbox under this lock: its numbers come without a gap, in the order of commits.
OUTBOX_LOCK = sa.text("select pg_advisory_xact_lock(7461002)")
NEXT_NUMBER = sa.text("select coalesce(max(outbox_id), 0) + 1 from okr_raw.outbox")
OUTBOX = sa.table(
    "outbox", sa.column("outbox_id"), sa.column("signal"), sa.column("payload", JSONB), schema="okr_raw"
)


def announce(connection: sa.Connection, decision: Decision) -> None:
    """Signal `model_promoted` inside the caller's transaction, as its last act, for others wait for the lock.

    A decision that keeps the champion as it is tells nobody.
    """
    if decision.decision == KEPT:
        return
    connection.execute(OUTBOX_LOCK)
    payload = {
        "champion": decision.champion,
        "model_version": decision.model_version,
        "decision": decision.decision,
    }
    number = connection.scalar(NEXT_NUMBER)
    connection.execute(sa.insert(OUTBOX).values(outbox_id=number, signal="model_promoted", payload=payload))
