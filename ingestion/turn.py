"""Whose turn it is: a command runs the connectors itself, or has the worker that runs them do the work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ingestion.errors import IngestionError
from ingestion.ingestion_lock import Holder, IngestionLock
from ingestion.worker_client import WorkerGoneError
from settings import Settings

__all__ = ["take_turn", "warehouse_of"]

Facts = dict[str, Any]
WAIT_SECONDS = 0.5
# Between taking the lock and writing who took it lies a moment.
UNKNOWN_SECONDS = 5.0


def warehouse_of(configured: Settings) -> str:
    """Which warehouse a configuration means: the database and the broker in front of it."""
    postgres = configured.postgres
    return f"{postgres.host}:{postgres.port}/{postgres.database} by {configured.kafka.bootstrap}"


def take_turn(
    configured: Settings,
    doing: str,
    tell: Callable[[Mapping[str, Any]], None],
    alone: Callable[[], Facts],
    beside: Callable[[Holder], Facts],
) -> Facts:
    """Do it `alone` under the lock; `beside` the worker where it holds the lock; after any other command."""
    lock = IngestionLock(configured.home)
    me = Holder(os.getpid(), doing, warehouse_of(configured))
    told = ""
    unknown_since = time.monotonic()
    while not lock.acquire(me):
        holder = lock.holder()
        if holder is None:
            if time.monotonic() - unknown_since > UNKNOWN_SECONDS:
                raise IngestionError(
                    f"{configured.home}/ingestion.lock is held by someone who does not say who"
                )
            time.sleep(0.1)
            continue
        unknown_since = time.monotonic()
        if holder.url is not None:
            _check_warehouse(holder, me)
            try:
                return beside(holder)
            except WorkerGoneError:
                time.sleep(WAIT_SECONDS)
                continue
        if holder.is_stopped():
            tell(_message(doing, f"{holder.text} is stopped by a signal: it is taken over from"))
            return alone()
        if told != holder.text:
            told = holder.text
            tell(_message(doing, f"waiting for {told} to end"))
        time.sleep(WAIT_SECONDS)
    try:
        return alone()
    finally:
        lock.release()


def _check_warehouse(holder: Holder, me: Holder) -> None:
    if holder.warehouse != me.warehouse:
        raise IngestionError(
            f"{holder.text} of this OKR_HOME loads into {holder.warehouse}, and this is for {me.warehouse}: "
            "end it first, or use another OKR_HOME"
        )


def _message(stage: str, text: str) -> dict[str, Any]:
    return {"event": "message", "stage": stage, "text": text}
