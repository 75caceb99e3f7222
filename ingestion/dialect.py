"""What the writer needs from one kind of database. Statements are portable; binds are written `:name`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Database", "Owner"]

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """A database session: its process id is only unique together with its start."""

    pid: int
    started_at: datetime


class Database(ABC):
    """One session of one database, in the dialect of its kind. A failing server is a RetriableError."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """All statements within are one transaction."""

    @abstractmethod
    def query(self, statement: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a select."""

    @abstractmethod
    def execute(self, statement: str, values: Mapping[str, Any]) -> int:
        """Number of rows a statement has changed."""

    @abstractmethod
    def execute_many(self, statement: str, values: Sequence[Mapping[str, Any]]) -> None:
        """One statement for many sets of values."""

    @abstractmethod
    def insert_missing(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows whose key is not there yet; a concurrent insert of the same key is waited for."""

    @abstractmethod
    def bulk_insert(self, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Insert many rows the fastest way that stays within the transaction. `columns`: name to type."""

    @abstractmethod
    def json(self, value: Any) -> Any:
        """A value for a JSON column."""

    @abstractmethod
    def lock_publications(self) -> None:
        """Wait until no other transaction publishes, and let none until this one ends."""

    @abstractmethod
    def now(self) -> datetime:
        """The server's clock, this very moment."""

    @abstractmethod
    def owner(self) -> Owner:
        """Who this session is."""

    @abstractmethod
    def end_session(self, owner: Owner) -> None:
        """End another session of the same login, if it still runs, and wait until its locks are gone."""

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """Whether `schema.table` exists and may be read."""

    @abstractmethod
    def close(self) -> None:
        """End this session."""
