"""Great Expectations' expectations under short names, each carrying its severity and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from great_expectations.expectations.core.expect_column_mean_to_be_between import ExpectColumnMeanToBeBetween
from great_expectations.expectations.core.expect_column_proportion_of_unique_values_to_be_between import (
    ExpectColumnProportionOfUniqueValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_be_null import ExpectColumnValuesToBeNull
from great_expectations.expectations.core.expect_column_values_to_be_unique import (
    ExpectColumnValuesToBeUnique,
)
from great_expectations.expectations.core.expect_column_values_to_match_regex import (
    ExpectColumnValuesToMatchRegex,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

__all__ = ["CRITICAL", "WARNING", "Bound", "Rules"]

Bound = float | date | datetime | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Makes expectations of one severity.

    `expected` says in words what is asked. `known_as` is the column as users know it where the checked one is
    derived (`confidence` for `confidence_unreadable`). `problem` is said in the verdict instead of column and
    numbers. `mostly` is the share of rows that must comply.
    """

    severity: FailureSeverity

    def _make(self, kind: Any, expected: str, known_as: str | None, **arguments: Any) -> Expectation:
        words = {"expected": expected, "column": known_as} if known_as else {"expected": expected}
        expectation: Expectation = kind(severity=self.severity, meta=words, **arguments)
        return expectation

    def none(self, column: str, expected: str, known_as: str | None = None, mostly: float = 1) -> Expectation:
        """No row has anything in a column that is filled only where a row is wrong."""
        return self._make(ExpectColumnValuesToBeNull, expected, known_as, column=column, mostly=mostly)

    def filled(self, column: str, mostly: float = 1) -> Expectation:
        """The column is not null."""
        expected = "filled" if mostly == 1 else f"filled in {mostly:.0%} of rows"
        return self._make(ExpectColumnValuesToNotBeNull, expected, None, column=column, mostly=mostly)

    def between(
        self,
        column: str,
        low: Bound = None,
        high: Bound = None,
        *,
        mostly: float = 1,
        expected: str | None = None,
    ) -> Expectation:
        """The column's values lie between two bounds, both allowed; null is no value."""
        words = expected or _range_in_words(low, high)
        words += "" if mostly == 1 else f" in {mostly:.0%} of rows"
        return self._make(
            ExpectColumnValuesToBeBetween,
            words,
            None,
            column=column,
            min_value=low,
            max_value=high,
            mostly=mostly,
        )

    def one_of(self, column: str, values: Sequence[Any], mostly: float = 1) -> Expectation:
        """The column's values are among those listed; null is no value."""
        words = f"one of {', '.join(map(str, values))}" + ("" if mostly == 1 else f" in {mostly:.0%} of rows")
        return self._make(
            ExpectColumnValuesToBeInSet, words, None, column=column, value_set=list(values), mostly=mostly
        )

    def matches(self, column: str, pattern: str, expected: str) -> Expectation:
        """The column's text matches a regular expression."""
        return self._make(ExpectColumnValuesToMatchRegex, expected, None, column=column, regex=pattern)

    def unique(self, column: str, expected: str, known_as: str | None = None) -> Expectation:
        """No value occurs twice."""
        return self._make(ExpectColumnValuesToBeUnique, expected, known_as, column=column)

    def mostly_unique(
        self, column: str, share: float, expected: str, known_as: str | None = None
    ) -> Expectation:
        """Distinct values over rows is at least `share`."""
        kind = ExpectColumnProportionOfUniqueValuesToBeBetween
        return self._make(kind, expected, known_as, column=column, min_value=share)

    def mean_between(self, column: str, low: float, high: float, expected: str) -> Expectation:
        """The column's mean lies between two bounds."""
        return self._make(
            ExpectColumnMeanToBeBetween, expected, None, column=column, min_value=low, max_value=high
        )

    def rows(self, fewest: int, problem: str) -> Expectation:
        """The asset has at least so many rows; `problem` is what a person would say where it has not."""
        words = {"expected": f"at least {fewest} row" + ("s" if fewest > 1 else ""), "problem": problem}
        return ExpectTableRowCountToBeBetween(min_value=fewest, severity=self.severity, meta=words)


def _range_in_words(low: Bound, high: Bound) -> str:
    if high is None:
        return f"not below {low}"
    return f"not above {high}" if low is None else f"between {low} and {high}"


CRITICAL = Rules(FailureSeverity.CRITICAL)
WARNING = Rules(FailureSeverity.WARNING)
