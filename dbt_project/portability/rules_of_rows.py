"""G12 to G14: where rows come from, what they are called, how they are chosen."""

from __future__ import annotations

from collections.abc import Iterator

from portability_rule import BOTH, POSTGRES, rule
from sql_statement import Statement
from sqlglot import TokenType, exp

ROW_MAKERS = {
    *("generate_series", "unnest", "jsonb_array_elements", "json_array_elements", "string_to_table"),
    *("regexp_split_to_table", "array", "array_agg", "string_to_array", "regexp_split_to_array"),
}


@rule(
    "G12-from",
    "A select has a from",
    breaks="Oracle asks for one before 23ai (ORA-00923).",
    instead="{{ from_nothing() }}: `from dual` on Oracle, nothing on Postgres.",
    bad="select 1 as one_row",
    good="select 1 as one_row from dual",
)
def select_without_from(statement: Statement) -> Iterator[str]:
    """Selects of constants."""
    for select in statement.tree.find_all(exp.Select) if statement.tree else ():
        if not select.args.get("from_"):
            yield select.sql(dialect="oracle")


@rule(
    "G12-dual",
    "Postgres has no dual",
    breaks='Postgres: relation "dual" does not exist.',
    instead="{{ from_nothing() }}.",
    bad="select 1 as one_row from dual",
    good="select 1 as one_row",
    reads=POSTGRES,
)
def dual(statement: Statement) -> Iterator[str]:
    """Tables called dual."""
    for table in statement.tree.find_all(exp.Table) if statement.tree else ():
        if table.name.lower() == "dual":
            yield table.sql(dialect="postgres")


@rule(
    "G12-values",
    "No list of rows, no array",
    breaks=(
        "Oracle: VALUES as a table and several rows in one insert before 23ai (ORA-00903, "
        "ORA-00933); arrays never."
    ),
    instead="A seed, `select ... from dual union all`, int_dates for days; json_table by a dispatched macro.",
    bad="select days.day_number from (values (1), (2)) days (day_number)",
    good="select 1 as day_number from dual union all select 2 as day_number from dual",
)
def row_values(statement: Statement) -> Iterator[str]:
    """VALUES with several rows or in a from; functions that make rows; arrays."""
    tree = statement.tree
    for values in tree.find_all(exp.Values) if tree is not None else ():
        if not isinstance(values.parent, exp.Insert) or len(values.expressions) > 1:
            yield "values"
    for place, token in enumerate(statement.tokens[:-1]):
        opens = statement.tokens[place + 1].token_type in (TokenType.L_PAREN, TokenType.L_BRACKET)
        if opens and token.text.lower() in ROW_MAKERS:
            yield token.text
    for found in tree.find_all(exp.DataType) if tree is not None else ():
        if found.this is exp.DataType.Type.ARRAY:
            yield found.sql(dialect="postgres")


@rule(
    "G13-table-as",
    "No `as` before the alias of a table",
    breaks="Oracle takes it for an error (ORA-00933).",
    instead="from dim_teams teams.",
    bad="select teams.team_key from dim_teams as teams",
    good="select teams.team_key from dim_teams teams",
)
def table_as(statement: Statement) -> Iterator[str]:
    """`as` inside a from clause."""
    for token, clause, after in zip(statement.tokens, statement.clauses, statement.tokens[1:], strict=False):
        if token.token_type is TokenType.ALIAS and clause == "from":
            yield f"as {after.text}"


@rule(
    "G13-column-as",
    "Always `as` before the alias of a column",
    breaks=(
        "Postgres refuses a bare alias that is one of its keywords; Oracle reads a lost comma as an alias."
    ),
    instead="sum(score) as total_score.",
    bad="select sum(facts.score) total_score from fct_key_results facts",
    good="select sum(facts.score) as total_score from fct_key_results facts",
    reads=BOTH,
)
def column_as(statement: Statement) -> Iterator[str]:
    """Aliases in a select list whose word before is another one."""
    before = dict(zip([token.start for token in statement.tokens[1:]], statement.tokens, strict=False))
    for select in statement.tree.find_all(exp.Select) if statement.tree else ():
        for column in select.expressions:
            name = column.args.get("alias") if isinstance(column, exp.Alias) else None
            token = before.get(name.meta.get("start", -1)) if isinstance(name, exp.Identifier) else None
            if token is not None and token.token_type is not TokenType.ALIAS:
                yield column.sql(dialect="oracle")


def words(statement: Statement, *kinds: TokenType) -> Iterator[str]:
    """Tokens of some kinds, outside the names of columns (`facts.limit`)."""
    for place, token in enumerate(statement.tokens):
        if token.token_type in kinds and (
            place == 0 or statement.tokens[place - 1].token_type is not TokenType.DOT
        ):
            yield token.text


def pairs(statement: Statement, first: str, *seconds: str) -> Iterator[str]:
    """Two words in a row."""
    for token, after in zip(statement.tokens, statement.tokens[1:], strict=False):
        is_name = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
        if not is_name and token.text.lower() == first and after.text.lower() in seconds:
            yield f"{token.text} {after.text}"


@rule(
    "G14-limit",
    "Fetch first, never limit",
    breaks="Oracle has no LIMIT (ORA-00933, ORA-03048). dbt writes one for a data test with a `limit`.",
    instead="fetch first 5 rows only.",
    bad="select teams.team_key from dim_teams teams limit 5",
    good="select teams.team_key from dim_teams teams fetch first 5 rows only",
)
def limit(statement: Statement) -> Iterator[str]:
    """The word."""
    yield from words(statement, TokenType.LIMIT)


@rule(
    "G14-distinct-on",
    "No distinct on",
    breaks="Oracle reads ON as an error (ORA-00936).",
    instead="row_number() over (partition by ...) = 1 in a further step.",
    bad="select distinct on (facts.team_key) facts.score from fct_key_results facts",
    good="select distinct facts.team_key from fct_key_results facts",
)
def distinct_on(statement: Statement) -> Iterator[str]:
    """The two words."""
    yield from pairs(statement, "distinct", "on")


@rule(
    "G14-qualify",
    "No qualify",
    breaks="Neither Postgres nor Oracle 19c has it.",
    instead="A step that numbers rows and one that chooses them.",
    bad="select facts.score from fct_key_results facts qualify row_number() over (order by facts.score) = 1",
    good="select facts.score from fct_key_results facts where facts.score = 1",
    reads=BOTH,
)
def qualify(statement: Statement) -> Iterator[str]:
    """The word."""
    yield from words(statement, TokenType.QUALIFY)


@rule(
    "G14-filter",
    "No filter behind an aggregate",
    breaks="Oracle has none (ORA-00923).",
    instead="sum(case when is_late = 1 then 1 else 0 end).",
    bad="select count(*) filter (where facts.is_late = 1) as count_late from fct_key_results facts",
    good="select sum(case when facts.is_late = 1 then 1 else 0 end) as count_late from fct_key_results facts",
)
def aggregate_filter(statement: Statement) -> Iterator[str]:
    """The word before a bracket with a where."""
    yield from pairs(statement, "filter", "(")


@rule(
    "G14-window",
    "No named windows",
    breaks="Oracle has them since 21c only (ORA-00933).",
    instead="Write the window where it is used.",
    bad=(
        "select sum(facts.score) over one_team as total from fct_key_results facts window "
        "one_team as (partition by facts.team_key)"
    ),
    good="select sum(facts.score) over (partition by facts.team_key) as total from fct_key_results facts",
)
def named_window(statement: Statement) -> Iterator[str]:
    """The word."""
    yield from words(statement, TokenType.WINDOW)


@rule(
    "G14-lateral-on",
    "No lateral joined on true",
    breaks="Oracle has no boolean TRUE to join on (ORA-00904).",
    instead="cross join lateral, or a window in a step before.",
    bad=(
        "select newest.score from dim_teams teams left join lateral (select 1 as score from "
        "dual) newest on true"
    ),
    good="select newest.score from dim_teams teams cross join lateral (select 1 as score from dual) newest",
)
def lateral_on(statement: Statement) -> Iterator[str]:
    """Laterals whose join says on."""
    for join in statement.tree.find_all(exp.Join) if statement.tree else ():
        if isinstance(join.this, exp.Lateral) and join.args.get("on"):
            yield "lateral ... on"


@rule(
    "G14-double-colon",
    "Cast by cast(), not by ::",
    breaks="Oracle reads a bind variable (ORA-00911, DPY-4008).",
    instead="cast(score as numeric(28, 10)).",
    bad="select facts.score::integer as score from fct_key_results facts",
    good="select cast(facts.score as integer) as score from fct_key_results facts",
)
def double_colon(statement: Statement) -> Iterator[str]:
    """The sign."""
    yield from words(statement, TokenType.DCOLON)


@rule(
    "G14-ilike",
    "No ilike",
    breaks="Oracle has none (ORA-00920).",
    instead="lower(title) like 'grow%'.",
    bad="select dim.team_key from dim_teams dim where dim.title ilike 'grow%'",
    good="select dim.team_key from dim_teams dim where lower(dim.title) like 'grow%'",
)
def ilike(statement: Statement) -> Iterator[str]:
    """The word."""
    yield from words(statement, TokenType.ILIKE)


@rule(
    "G14-tilde",
    "Match by regexp_like(), not by ~",
    breaks="Oracle has no such operator (ORA-00911).",
    instead="{{ matches('title', '^[a-z]') }}.",
    bad="select dim.team_key from dim_teams dim where dim.title ~ '^[a-z]'",
    good="select dim.team_key from dim_teams dim where regexp_like(dim.title, '^[a-z]')",
)
def tilde(statement: Statement) -> Iterator[str]:
    """The sign, alone or with others."""
    for token in statement.tokens:
        is_text = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
        if not is_text and token.text.strip("!*") in ("~", "~~"):
            yield token.text


@rule(
    "G14-distinct-from",
    "No is distinct from",
    breaks="Oracle has none before 23ai (ORA-00908).",
    instead="coalesce(first_value, '') <> coalesce(second_value, ''), or case with `is null`.",
    bad="select dim.team_key from dim_teams dim where dim.title is distinct from dim.team_id",
    good=(
        "select dim.team_key from dim_teams dim where coalesce(dim.title, '-') <> coalesce(dim.team_id, '-')"
    ),
)
def distinct_from(statement: Statement) -> Iterator[str]:
    """Distinct with a from behind it, without columns between."""
    yield from pairs(statement, "distinct", "from")


@rule(
    "G14-except",
    "Rows less other rows by dbt.except()",
    breaks="Oracle says MINUS, EXCEPT since 21c only; Postgres knows no MINUS.",
    instead="{{ dbt.except() }}, or not exists.",
    bad="select dim.team_key from dim_teams dim except select facts.team_key from fct_key_results facts",
    good="select dim.team_key from dim_teams dim minus select facts.team_key from fct_key_results facts",
)
def except_rows(statement: Statement) -> Iterator[str]:
    """On Oracle the word except; on Postgres MINUS reads as an alias and G14-minus finds it."""
    yield from (word for word in words(statement, TokenType.EXCEPT) if word.lower() == "except")
