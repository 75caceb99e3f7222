"""docs/portability.md, written from the rules' own texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import project_settings
from portability_rule import RULES

LONGEST_EXAMPLE = 240
INTRODUCTION = """# One SQL text for Postgres and Oracle

Written by `python dbt_project/portability/portability_lint.py --write-page` from the rules themselves;
don't edit it.

The lint runs in `make test`. It starts dbt once for each target with drivers that reach no database and
keep every statement: dbt, its adapters and the project's macros run as ever, so what is read is what would
be sent, with contracts, hooks, incremental tables on their first and on a later build, tests, and the alert
of a failing test. sqlglot's parse tree decides where it can, tokens where they are enough. Rules are those
marked G in the reference (section 6), read for Oracle 19c.

## Exceptions

A comment in the model (in YAML with `#`) names the rule, the word where it is about one, and the reason:
`-- portability: G1-reserved(checkpoint): why this is right here`. An exception without a reason of three
words, or one that nothing needs any more, is a finding itself.

## What it doesn't read

- Whether either database takes a statement: nothing is run, and Oracle's own parser was never asked.
- Rules marked R in the reference (meaning of empty text, dates, JSON, lengths in bytes): review and tests
  on Postgres.
- What an adapter writes alone for its own database (dictionary look-ups, drops, renames, comments, grants,
  rows of seeds).
- Whether a contract fits its query: columns are answered from the YAML. `dbt build` on Postgres checks
  that.
- Branches of Jinja that these builds don't take: alerts that are settled, changed columns of incremental
  tables, a build with failures. The lint names macros of the project that nothing called.
- dbt's unit tests: their fixtures are dbt's own SQL, which Oracle takes since 23ai only. They run on
  Postgres.
- Inside a PL/SQL or `do` block only steps that begin with a verb of SQL; those sqlglot can't parse by their
  words only.
- SQL outside dbt: migrations, ingestion, quality and ml speak to Postgres only.

## Rules
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *sections()]) + "\n"


def sections() -> Iterator[str]:
    """One for each rule, in the order of the reference."""
    entries = {
        rule.rule: (rule.name, rule.reads, rule.breaks, rule.instead, rule.bad, rule.good)
        for rule in RULES.values()
    }
    entries[project_settings.RULE] = (
        project_settings.NAME,
        ("dbt_project.yml", "profiles.yml"),
        project_settings.BREAKS,
        project_settings.INSTEAD,
        project_settings.BAD,
        project_settings.GOOD,
    )
    for identifier in sorted(entries, key=in_order):
        name, reads, breaks, instead, bad, good = entries[identifier]
        yield f"### {identifier}: {name}\n"
        yield f"- Breaks: {breaks}"
        yield f"- Instead: {instead}"
        yield f"- Reads: {', '.join(reads)}. Source: rule {number(identifier)} of the reference."
        yield f"- Wrong: `{example(bad)}`"
        yield f"- Right: `{example(good)}`\n"


def number(identifier: str) -> int:
    """The number of the rule in the reference."""
    return int(re.findall(r"\d+", identifier)[0])


def in_order(identifier: str) -> tuple[int, str]:
    """By number, then by name."""
    return number(identifier), identifier


def example(sql: str) -> str:
    """An example, cut where it is a list of a thousand."""
    return sql if len(sql) <= LONGEST_EXAMPLE else f"{sql[:80]} ..."


def rule_numbers() -> set[int]:
    """Which rules of the reference have a check."""
    return {number(identifier) for identifier in (*RULES, project_settings.RULE)}
