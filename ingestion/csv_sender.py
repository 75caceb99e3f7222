"""Turns found paths into batches of messages: headers, rows, rejects, ends, arrivals, ignored."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion import messages
from ingestion.csv_file import (
    CsvFile,
    Fingerprint,
    Row,
    Tally,
    fingerprint,
    inspect,
    line_reader,
    rows,
    stamp,
)
from ingestion.csv_records import Flaw
from ingestion.csv_state import ContentState, CsvState, PathState
from ingestion.datasets import Catalogue
from ingestion.discovery import Found
from ingestion.error_budget import over_budget
from ingestion.file_age import FileAges
from ingestion.snapshot_date import snapshot_date
from ingestion.task import Batch

__all__ = ["MAX_MESSAGE_BYTES", "CsvSender"]

MAX_MESSAGE_BYTES = 950_000
READ_ATTEMPTS = 3


@dataclass(slots=True)
class _Sending:
    """One content on its way, and the point in the batch up to which it is known to be unchanged."""

    found: Found
    print: Fingerprint
    file: CsvFile
    file_id: str
    tally: Tally
    row: int
    sure: Tally
    mark: dict[str, int]
    header: bytes


class CsvSender:
    """Sends paths one after the other; yields a batch whenever one is full."""

    def __init__(
        self, config: Mapping[str, Any], state: CsvState, catalogue: Catalogue, found: Callable[[], None]
    ) -> None:
        self._tell_found = found
        self._config = config
        self._state = state
        self._catalogue = catalogue
        self._batch = Batch()
        self._touched: set[str] = set()
        self.ages = FileAges(float(config["file.minimum.age.ms"]) / 1000)
        self.begin(datetime.now().astimezone())

    def begin(self, now: datetime, as_of: str | None = None) -> None:
        """A scan begins. `as_of` overrides the configured date of snapshots."""
        self._now = now
        self._as_of = self._config["as.of"] if as_of is None else as_of
        self._facts = {"paths": 0, "bytes": 0, "rows": 0, "rejects": 0, "ignored": 0, "unchanged": 0}
        self._new: list[str] = []
        self._ignored: list[dict[str, str]] = []
        self._touched.clear()
        self.ages.begin()

    def facts(self) -> dict[str, Any]:
        """Counts of this scan, contents that were sent or came again, and what was ignored anew."""
        return {**self._facts, "files": list(self._new), "ignored_paths": list(self._ignored)}

    def take(self, found: Found) -> Iterator[Batch]:
        """Send what a path holds, if it is new."""
        self._facts["paths"] += 1
        if found.ignored:
            if not self._is_left_alone(found):
                self._ignore(found, found.ignored, None)
            return
        known = self._state.path(found.name)
        try:
            now = stamp(found.path.stat())
            if known.stamp == now:
                self._facts["unchanged"] += 1
                if known.file_id:
                    self._touched.add(known.file_id)
                return
            if self.ages.is_young(found.path, now):
                return
            print_ = _still(found.path)
        except OSError as problem:
            self._ignore(found, f"can't be read: {problem.strerror or problem}", None)
            return
        if print_ is None:
            self._ignore(found, "changes while it is read: it is taken when it keeps still", None)
        elif print_.refusal:
            self._ignore(found, print_.refusal, print_.stamp)
        else:
            yield from self._take_content(found, print_, known)

    def give_up_vanished(self, covers: Callable[[str, str], bool]) -> None:
        """Contents that were half sent and lie at no path any more have failed."""
        for file_id, content in self._state.unfinished():
            if file_id not in self._touched and covers(content.path, content.instance):
                reason = "vanished before it was read to its end"
                self._add(file_id, messages.counted("failed", content.tally(), None, reason))
                self._state.set_content(self._batch, file_id, dataclasses.replace(content, state="failed"))

    def rest(self) -> Iterator[Batch]:
        """What is left to send."""
        if self._batch.offsets or self._batch.count:
            batch, self._batch = self._batch, Batch()
            yield batch

    def _take_content(self, found: Found, print_: Fingerprint, known: PathState) -> Iterator[Batch]:
        file_id = messages.file_id(found.instance, print_.sha256)
        self._touched.add(file_id)
        content = self._state.content(file_id)
        if known.file_id == file_id and known.arrival_id and content and content.state == "ended":
            self._add(file_id, messages.seen(known.arrival_id, self._now))
            self._state.set_path(
                self._batch, found.name, dataclasses.replace(known, stamp=print_.stamp, ignored=None)
            )
            yield from self._full()
            return
        self._tell_found()
        self._new.append(file_id)
        file = inspect(found.path, print_, self._catalogue)
        arrival, path = self._arrival(found, print_, file, known, file_id)
        if content and content.state == "ended":
            self._add(file_id, messages.arrived(file_id, arrival))
            self._state.set_path(self._batch, found.name, dataclasses.replace(path, stamp=print_.stamp))
            yield from self._full()
            return
        self._state.set_path(self._batch, found.name, path)
        yield from self._send(found, print_, file, arrival, content)
        if (sent := self._state.content(file_id)) and sent.state == "ended":
            self._state.set_path(self._batch, found.name, dataclasses.replace(path, stamp=print_.stamp))
        yield from self._full()

    def _arrival(
        self, found: Found, print_: Fingerprint, file: CsvFile, known: PathState, file_id: str
    ) -> tuple[messages.Arrival, PathState]:
        """The arrival this is: a new one, or the one under which the content was half sent."""
        on, source = snapshot_date(found, print_, file, self._as_of)
        sequence, previous = known.sequence + 1, known.arrival_id
        identity = messages.arrival_id(file_id, found.name, sequence)
        if known.file_id == file_id and known.arrival_id:
            sequence, previous, identity = known.sequence, None, known.arrival_id
        arrival = messages.Arrival(identity, previous, found.name, on, source, self._now)
        return arrival, PathState(file_id, identity, sequence)

    def _send(
        self,
        found: Found,
        print_: Fingerprint,
        file: CsvFile,
        arrival: messages.Arrival,
        content: ContentState | None,
    ) -> Iterator[Batch]:
        """Header, rows and rejects, end; goes on after the last row sent, if it was half sent before."""
        file_id, after = messages.file_id(found.instance, print_.sha256), content.row if content else 0
        what = messages.Content(file_id, found.instance, print_.sha256, print_.size, found.known_at_basis)
        head = messages.header(what, file, arrival)
        # A header again does no harm; the sink adds the arrival if it is new and takes up a failed file.
        self._add(file_id, head)
        before = content.tally() if content else Tally()
        job = _Sending(found, print_, file, file_id, Tally(), after, before, self._batch.mark(), head)
        self._remember(job, "sending")
        if file.header_line is None:
            self._end(job, "failed", file.reason)
            return
        with found.path.open("rb") as stream:
            limit = self._config["record.max.bytes"]
            reader = line_reader(file, stream, limit)
            for item in rows(file, reader, job.tally, limit):
                if item.number <= after:
                    continue
                self._add_row(job, item)
                if self._is_full():
                    if stamp(os.fstat(stream.fileno())) != print_.stamp:
                        self._fail_changed(job)
                        return
                    job.row, job.sure = item.number, job.tally.copy()
                    self._remember(job, "sending")
                    yield from self.rest()
                    job.mark = {}
            is_same = stamp(os.fstat(stream.fileno())) == print_.stamp and reader.sha256() == print_.sha256
        if not is_same:
            self._fail_changed(job)
            return
        self._facts["bytes"] += print_.size
        if reason := over_budget(job.tally, self._config):
            self._end(job, "held", reason)
        else:
            self._end(job, "end", None if job.tally.read else "header only: no rows")

    def _add_row(self, job: _Sending, item: Row) -> None:
        if item.flaw is None:
            value = messages.row(item, job.file.names)
            if len(value) <= MAX_MESSAGE_BYTES:
                self._add(job.file_id, value)
                self._facts["rows"] += 1
                return
            job.tally.loaded, job.tally.rejected = job.tally.loaded - 1, job.tally.rejected + 1
            item = dataclasses.replace(item, flaw=Flaw("record_too_long", "too large for one message"))
        topic = self._config["rejects.topic"]
        if topic not in self._batch.messages or not self._knows(job, topic):
            self._batch.add(topic, job.file_id, messages.reject_header(job.header))
        self._batch.add(topic, job.file_id, messages.reject(item, self._config["reject.raw.max.bytes"]))
        self._facts["rejects"] += 1

    def _knows(self, job: _Sending, topic: str) -> bool:
        """Whether this batch has rejects of the same file already, and so its header."""
        return (
            self._batch.messages[topic][-1]["key"] == job.file_id.encode()
            if self._batch.messages[topic]
            else False
        )

    def _fail_changed(self, job: _Sending) -> None:
        """The file is another one now: take back what was not yet committed, and say so."""
        self._batch.rewind(job.mark)
        job.tally = job.sure
        self._add(job.file_id, messages.counted("failed", job.tally, None, "changed while it was read"))
        self._remember(job, "failed")

    def _end(self, job: _Sending, kind: str, reason: str | None) -> None:
        self._add(job.file_id, messages.counted(kind, job.tally, job.print.sha256, reason))
        job.sure = job.tally
        self._remember(job, "ended")

    def _remember(self, job: _Sending, state: str) -> None:
        tally = job.sure
        row = 0 if state == "ended" else job.row
        content = ContentState(
            state, job.found.name, job.found.instance, row, tally.loaded, tally.rejected, dict(tally.skipped)
        )
        self._state.set_content(self._batch, job.file_id, content)

    def _ignore(self, found: Found, reason: str, as_of: tuple[int, int, int] | None) -> None:
        self._facts["ignored"] += 1
        known = self._state.path(found.name)
        if known.ignored == reason and known.stamp == as_of:
            return
        if known.ignored != reason:
            self._ignored.append({"path": found.name, "reason": reason})
            key = messages.ignored_key(found.name)
            self._add(key, messages.ignored(found.name, reason, self._now))
        self._state.set_path(self._batch, found.name, dataclasses.replace(known, stamp=as_of, ignored=reason))

    def _is_left_alone(self, found: Found) -> bool:
        """Whether what would be ignored is young: it may get its last name in a moment."""
        if self._state.path(found.name).ignored == found.ignored:
            return False
        try:
            return self.ages.is_young(found.path, stamp(found.path.stat()))
        except OSError:
            return False

    def _add(self, key: str, value: bytes) -> None:
        self._batch.add(self._config["topic"], key, value)

    def _is_full(self) -> bool:
        most, largest = self._config["transaction.max.records"], self._config["transaction.max.bytes"]
        return bool(self._batch.count >= most or self._batch.size >= largest)

    def _full(self) -> Iterator[Batch]:
        if self._is_full():
            yield from self.rest()


def _still(path: Path) -> Fingerprint | None:
    """Fingerprint of a file that did not change meanwhile; None if it never keeps still. Raises OSError."""
    for _ in range(READ_ATTEMPTS):
        found = fingerprint(path)
        if stamp(path.stat()) == found.stamp and found.size == found.stamp[0]:
            return found
    return None
