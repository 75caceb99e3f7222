"""A trigger on the topic `okr_signals`: many messages at once become one event.

It takes part in Airflow's shared streams in their acknowledging mode, so the consumer's position is committed
only after the event is stored in Airflow's database: an event may come twice, and is never lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from airflow.triggers.shared_stream import AdvanceItem, SharedStreamProducer
from okr_gathering import Batch, Gathering

if TYPE_CHECKING:
    from confluent_kafka import Message

__all__ = ["SignalStream", "SignalTrigger"]

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0

Answer = TypeVar("Answer")


class SignalTrigger(BaseEventTrigger):
    """Fires when signals of some kinds have arrived and it has been quiet for a while.

    `kinds` are the signals waited for (`file_published`, `build_done`, `model_promoted`); `group` is the
    consumer group, one for each asset. After the first message it waits until `quiet_seconds` have passed
    without another, at most `patience_seconds`. The payload of the event: `kinds` (how many of each),
    `datasets`, `first_outbox_id`, `last_outbox_id`, `count`.
    """

    def __init__(
        self, kinds: list[str], group: str, quiet_seconds: float = 3.0, patience_seconds: float = 60.0
    ) -> None:
        super().__init__()
        self.kinds = kinds
        self.group = group
        self.quiet_seconds = quiet_seconds
        self.patience_seconds = patience_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where the class is, and what to make it from."""
        return "okr_signals.SignalTrigger", {
            "kinds": self.kinds,
            "group": self.group,
            "quiet_seconds": self.quiet_seconds,
            "patience_seconds": self.patience_seconds,
        }

    def shared_stream_key(self) -> Hashable:
        """One stream for each consumer group."""
        return "okr_signals", self.group

    @classmethod
    def create_shared_stream_producer(cls, kwargs: dict[str, Any]) -> SignalStream:
        """The way through the topic; that there is one turns acknowledging on."""
        return SignalStream(**kwargs)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Any]) -> AsyncIterator[TriggerEvent]:
        """One event for each batch that holds a signal of ours."""
        async for batch in shared_stream:
            if batch.facts is not None:
                yield TriggerEvent(batch.facts)
            # Reached when the triggerer has taken the event over, not where it was cancelled in between.
            batch.is_delivered = True

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same where streams are not shared; a batch is committed when the next one is asked for."""
        stream = SignalStream(**self.serialize()[1])
        try:
            async for batch, _ in stream.open_stream():
                if batch.facts is not None:
                    yield TriggerEvent(batch.facts)
                await stream.commit(batch)
        finally:
            await stream.aclose()


class SignalStream(SharedStreamProducer):
    """Batches of signals for one consumer group, read in a thread so that no other trigger waits."""

    def __init__(self, kinds: list[str], group: str, quiet_seconds: float, patience_seconds: float) -> None:
        from okr_signal_consumer import SignalConsumer  # noqa: PLC0415 - DAG files need no Kafka client

        self._gathering = Gathering(kinds, quiet_seconds, patience_seconds)
        self._consumer = SignalConsumer(group)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"signals-{group}")
        self._pause = FIRST_PAUSE

    async def open_stream(self) -> AsyncIterator[tuple[Batch, Batch]]:
        """Batches as they become due, until cancelled; each is its own receipt."""
        while True:
            messages = await self._take()
            if self._consumer.is_assigned_anew:
                # What is gathered is not committed, so the new assignment brings it again.
                self._consumer.is_assigned_anew = False
                self._gathering.clear()
            for message in messages:
                self._gathering.add(message.partition(), message.offset(), message.value())
            if batch := self._gathering.cut():
                yield batch, batch

    async def advance(self, batch: Sequence[AdvanceItem]) -> None:
        """Commit what Airflow has stored. Where it has not, the stream ends, and the signals come again."""
        for item in batch:
            if not (item.outcome.is_clean and item.broker_payload.is_delivered):
                raise RuntimeError(f"{self._consumer.group}: an event was not taken over, it comes again")
            await self.commit(item.broker_payload)

    async def commit(self, batch: Batch) -> None:
        """Have the positions after a batch committed."""
        await self._in_thread(lambda: self._consumer.commit(batch.positions))

    async def aclose(self) -> None:
        """Commit what is left, and leave."""
        await self._in_thread(self._consumer.close)
        self._thread.shutdown(wait=False)

    async def _take(self) -> list[Message]:
        """What has arrived. A consumer that can't go on is closed, and opened again after a pause."""
        from confluent_kafka import KafkaException  # noqa: PLC0415

        try:
            messages = await self._in_thread(self._consumer.poll)
        except KafkaException as problem:
            self._consumer.complain(str(problem.args[0]))
            await self._in_thread(self._consumer.close)
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            return []
        if messages:
            self._pause = FIRST_PAUSE
        return messages

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
