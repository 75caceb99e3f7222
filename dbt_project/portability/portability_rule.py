"""What a rule is, and the list of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sql_statement import Statement

BOTH = ("oracle", "postgres")
ORACLE = ("oracle",)
POSTGRES = ("postgres",)

Check = Callable[[Statement], Iterable[str]]
"""Yields what is wrong in a statement, each as the few words to look for."""


@dataclass(frozen=True)
class Rule:
    """A thing that one SQL text for both databases must not do."""

    rule: str
    name: str
    breaks: str
    instead: str
    bad: str
    good: str
    check: Check
    reads: tuple[str, ...] = ORACLE
    whole: bool = False

    @property
    def source(self) -> str:
        """The rule of the reference that it enforces."""
        return self.rule.partition("-")[0]


RULES: dict[str, Rule] = {}


def rule(  # noqa: PLR0913 - a rule is its texts
    identifier: str,
    name: str,
    *,
    breaks: str,
    instead: str,
    bad: str,
    good: str,
    reads: tuple[str, ...] = ORACLE,
    whole: bool = False,
) -> Callable[[Check], Check]:
    """Add a check to the list of rules; a `whole` one sees statements that are sent together as one."""

    def add(check: Check) -> Check:
        if identifier in RULES:
            raise ValueError(f"two rules are called {identifier}")
        RULES[identifier] = Rule(identifier, name, breaks, instead, bad, good, check, reads, whole)
        return check

    return add
