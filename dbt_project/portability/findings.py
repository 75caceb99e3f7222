"""Read recorded statements against the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import rules_of_names
import rules_of_rows
import rules_of_types
import rules_of_writes
from portability_rule import RULES, Rule
from sql_statement import Statement

RULE_FILES = (rules_of_names, rules_of_types, rules_of_rows, rules_of_writes)
# Statements that hold nothing of the project's but names, which are read where they are given.
ADAPTERS_OWN = re.compile(
    r"^(alter|drop|truncate|comment|commit|analyze|grant|revoke|insert\s+all)\b"
    r"|^declare\s+dne_942"
    r"|^(begin\s+)+execute\s+immediate"
    r"|^begin\s+insert\s+into\s+\S+.*o\$pt_"
    r"|^delete\s+from\s+\S+\s+as\s+dbt_internal_dest"
    r"|^select\s+(grantee|distinct\s+dependent_namespace)\b"
    r"|^select\s+'a'\s+from\s+dual$",
    re.IGNORECASE | re.DOTALL,
)
FEWEST_WORDS_OF_A_REASON = 3
LONGEST_EXCERPT = 90


@dataclass(frozen=True)
class Finding:
    """Something that one of the two databases will not take."""

    rule: str
    target: str
    path: str
    excerpt: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}: {self.rule} on {self.target}: {self.excerpt}. {self.instead}"


@dataclass
class Reading:
    """What reading came to."""

    findings: set[Finding] = field(default_factory=set)
    read: int = 0
    left_to_adapters: int = 0
    by_words_only: int = 0
    set_aside: set[tuple[str, str, str]] = field(default_factory=set)
    named: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def report(self, finding: Finding) -> None:
        """Keep a finding unless a comment with a reason sets its rule aside in its file."""
        for word in (finding.excerpt, ""):
            reason = self.named.get((finding.path, finding.rule, word), "")
            if len(reason.split()) >= FEWEST_WORDS_OF_A_REASON:
                self.set_aside.add((finding.path, finding.rule, word))
                return
        self.findings.add(finding)


def read_all(statements: Iterable[Statement]) -> Reading:
    """Every statement against every rule that reads its target, then the exceptions that nothing needs."""
    sent = list(statements)
    reading = Reading()
    for statement in sent:
        for (rule, word), reason in statement.exceptions.items():
            reading.named[place(statement), rule, word] = reason
    for statement in sent:
        if is_of_adapter(statement):
            reading.left_to_adapters += 1
        else:
            reading.read += 1
            read_one(statement, reading)
    for path, rule, word in sorted(reading.named.keys() - reading.set_aside):
        advice = exception_advice(reading.named[path, rule, word])
        reading.findings.add(Finding(rule, "both", path, f"its exception {word}".strip(), advice))
    return reading


def exception_advice(reason: str) -> str:
    """Why an exception does not count."""
    if len(reason.split()) < FEWEST_WORDS_OF_A_REASON:
        return "An exception says why: `-- portability: G14-limit: the reason in some words`"
    return "Nothing needs it any more: take the comment away"


def is_of_adapter(statement: Statement) -> bool:
    """Whether the adapter made it alone, for its own database."""
    is_seed_row = statement.node.startswith("seed.") and statement.verb == "insert"
    return is_seed_row or bool(ADAPTERS_OWN.match(statement.sql))


def read_one(statement: Statement, reading: Reading) -> None:
    """One statement, or the several that are sent as one."""
    for rule in rules_for(statement, whole=True):
        for finding in broken(rule, statement):
            reading.report(finding)
    for step in statement.steps():
        if is_of_adapter(step):
            continue
        if step.tree is None and step.in_block:
            reading.by_words_only += 1
        elif step.tree is None:
            excerpt = shorten(step.sql)
            advice = "sqlglot cannot read it: nobody checks it; write it more plainly"
            reading.report(Finding("unreadable", step.target, place(step), excerpt, advice))
        for rule in rules_for(step, whole=False):
            for finding in broken(rule, step):
                reading.report(finding)


def rules_for(statement: Statement, whole: bool) -> Iterator[Rule]:
    """The rules that read a target."""
    return (rule for rule in RULES.values() if statement.target in rule.reads and rule.whole is whole)


def broken(rule: Rule, statement: Statement) -> Iterator[Finding]:
    """What one rule finds in one statement."""
    for excerpt in rule.check(statement):
        yield Finding(rule.rule, statement.target, place(statement), shorten(excerpt), rule.instead)


def place(statement: Statement) -> str:
    """Where to look: the file, or the hook."""
    return statement.path or statement.node or "dbt_project.yml"


def shorten(text: str) -> str:
    """One line of at most a few words."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_EXCERPT else line[: LONGEST_EXCERPT - 3] + "..."
