"""G1: names that both databases take unquoted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbt.adapters.oracle.keyword_catalog import KEYWORDS
from portability_rule import BOTH, rule
from sql_statement import Statement
from sqlfluff.core.dialects import dialect_selector
from sqlfluff.dialects.dialect_postgres_keywords import get_keywords, postgres_keywords
from sqlglot import TokenType, exp

SNAKE = re.compile(r"[a-z][a-z0-9_]*", re.IGNORECASE)
ADAPTER_NAME = re.compile(r"^(o\$pt_|__dbt|dbt_)|__dbt_(tmp|backup)", re.IGNORECASE)
PSEUDO_COLUMNS = {
    "sysdate",
    "systimestamp",
    "rownum",
    "level",
    "user",
    "current_date",
    "current_timestamp",
    "default",
}
# Named in the reference: words of an OKR warehouse that one of the two databases keeps for itself.
WORDS_TO_AVOID = [
    "access",
    "comment",
    "current",
    "date",
    "file",
    "group",
    "increment",
    "initial",
    "level",
    "mode",
    "number",
    "option",
    "public",
    "resource",
    "row",
    "session",
    "share",
    "size",
    "start",
    "user",
]
RESERVED = {
    word.lower()
    for words in (
        KEYWORDS,
        dialect_selector("oracle").sets("reserved_keywords"),
        get_keywords(postgres_keywords, "reserved"),
        WORDS_TO_AVOID,
    )
    for word in words
}
LONGEST_RELATION = 45
LONGEST_NAME = 63


def names(statement: Statement) -> Iterator[exp.Identifier]:
    """Every name that the project gives or uses; those of dbt's own passing tables are left out."""
    if statement.tree is None:
        return
    for identifier in statement.tree.find_all(exp.Identifier):
        column = identifier.parent
        is_pseudo = (
            isinstance(column, exp.Column) and not column.table and identifier.name.lower() in PSEUDO_COLUMNS
        )
        if identifier.name and not is_pseudo and not ADAPTER_NAME.search(identifier.name):
            yield identifier


@rule(
    "G1-quoted",
    "Names are never quoted",
    breaks='Oracle keeps "id" and ID apart: a name quoted once must be quoted for ever, else ORA-00904.',
    instead="Write the name bare; choose another where it is reserved.",
    bad='select 1 as "key result" from dual',
    good="select 1 as key_result from dual",
)
def quoted(statement: Statement) -> Iterator[str]:
    """Double-quoted tokens."""
    for token in statement.tokens:
        if token.token_type is TokenType.IDENTIFIER and not ADAPTER_NAME.search(token.text):
            yield f'"{token.text}"'


@rule(
    "G1-reserved",
    "No reserved words as names",
    breaks=(
        "Oracle answers ORA-00904, ORA-00923 or ORA-01747, dbt-oracle quotes its 282 keywords; "
        "Postgres answers a syntax error."
    ),
    instead="Say which: start_date, confidence_level, check_in_comment, row_number_in_file.",
    bad="select dim.key_result_id as start from dim_key_results dim",
    good="select dim.key_result_id as start_date from dim_key_results dim",
    reads=BOTH,
)
def reserved(statement: Statement) -> Iterator[str]:
    """Names that dbt-oracle, Oracle or Postgres reserves."""
    for identifier in names(statement):
        if identifier.name.lower() in RESERVED:
            yield identifier.name


@rule(
    "G1-shape",
    "Names are lower_snake and begin with a letter",
    breaks=(
        "Oracle takes no name that begins with a digit or an underscore, or holds a space or "
        "dash (ORA-00911)."
    ),
    instead="Letters, digits and underscores, a letter first.",
    bad="select _rows.key_result_id from dim_key_results _rows",
    good="select key_results.key_result_id from dim_key_results key_results",
    reads=BOTH,
)
def shape(statement: Statement) -> Iterator[str]:
    """Names that are not one word of letters, digits and underscores."""
    for identifier in names(statement):
        if not SNAKE.fullmatch(identifier.name) or (
            not identifier.quoted and identifier.name != identifier.name.lower()
        ):
            yield identifier.name


@rule(
    "G1-length",
    f"Relations have at most {LONGEST_RELATION} characters, other names {LONGEST_NAME}",
    breaks=(
        "Postgres cuts names at 63 bytes and dbt adds its suffixes before; Oracle stops at 128 (ORA-00972)."
    ),
    instead="Shorter words.",
    bad="create table fct_key_result_progress_by_week_and_team_and_cycle as select 1 as one_row from dual",
    good="create table fct_key_result_weeks as select 1 as one_row from dual",
    reads=BOTH,
)
def length(statement: Statement) -> Iterator[str]:
    """Names that are too long; of what is created the stricter bound."""
    tree = statement.tree
    made = tree.find(exp.Table) if isinstance(tree, exp.Create) else None
    for identifier in names(statement):
        longest = LONGEST_RELATION if made and identifier is made.this else LONGEST_NAME
        if len(identifier.name.encode()) > longest:
            yield identifier.name
    if made and len(created := re.sub(r"__dbt_(tmp|backup)$", "", made.name)) > LONGEST_RELATION:
        yield created
