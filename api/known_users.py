"""What is known about users without asking the database at every request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from api.errors import DatabaseAwayError
from api.users import User

__all__ = ["KnownUsers"]

FRESH_SECONDS = 10.0
STALE_SECONDS = 300.0
RETRY_SECONDS = 2.0


@dataclass(slots=True)
class _Known:
    user: User | None
    read_at: float
    next_at: float


class KnownUsers:
    """The rows of users who were here, read again at most every ten seconds.

    While the database does not answer, what was last known holds for five minutes, so that the page which
    says so can be seen.
    """

    def __init__(
        self, find: Callable[[str], User | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find = find
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()
        self.database = "not asked yet"
        """What the database did when it was asked last: `answers`, or the reason why it did not."""

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def find(self, name: str) -> User | None:
        """The user of a name; DatabaseAwayError where nothing recent is known and nothing can be read."""
        now = self._clock()
        with self._lock:
            known = self._known.get(name)
            if known and now < known.next_at and now - known.read_at < STALE_SECONDS:
                return known.user
            if known:  # others go on with what is known while this thread asks
                known.next_at = now + RETRY_SECONDS
        try:
            user = self._find(name)
        except DatabaseAwayError as problem:
            self.database = str(problem)
            if known and now - known.read_at < STALE_SECONDS:
                return known.user
            raise
        self.remember(name, user)
        return user

    def remember(self, name: str, user: User | None) -> None:
        """Take what was just read."""
        now = self._clock()
        self.database = "answers"
        with self._lock:
            self._known[name] = _Known(user, now, now + FRESH_SECONDS)

    def forget(self, name: str) -> None:
        """Read a user anew at the next request."""
        with self._lock:
            self._known.pop(name, None)
