"""An asset to check and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass

from great_expectations.expectations.expectation import Expectation

__all__ = ["Asset"]


@dataclass(frozen=True, slots=True)
class Asset:
    """Rows to look at (the answer of `query`, run as role quality) and the expectations they must meet.

    `name` is what people read (`okr_raw.files`, `template.check_ins`); `suite` is its page in the Data Docs.
    """

    name: str
    suite: str
    query: str
    expectations: list[Expectation]
