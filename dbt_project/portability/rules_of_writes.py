"""G14 to G17 and G23: writes, with, group by, lists and the ends of statements."""

from __future__ import annotations

from collections.abc import Iterator

from portability_rule import BOTH, POSTGRES, rule
from rules_of_rows import pairs
from sql_statement import Statement
from sqlglot import TokenType, exp

MOST_IN_LIST = 1000
TOO_MANY = ", ".join(["7"] * (MOST_IN_LIST + 1))


@rule(
    "G14-minus",
    "Postgres has no minus between queries",
    breaks="Postgres: syntax error.",
    instead="{{ dbt.except() }}, or not exists.",
    bad="select dim.team_key from dim_teams dim minus select facts.team_key from fct_key_results facts",
    good="select dim.team_key from dim_teams dim except select facts.team_key from fct_key_results facts",
    reads=POSTGRES,
)
def minus(statement: Statement) -> Iterator[str]:
    """The word before a select."""
    yield from pairs(statement, "minus", "select", "(")


@rule(
    "G14-on-conflict",
    "No on conflict",
    breaks="Oracle has none (ORA-00933).",
    instead="merge by dbt's incremental strategies, or a dispatched macro.",
    bad="insert into okr_ops_builds (models) select 1 as models from dual on conflict do nothing",
    good="insert into okr_ops_builds (models) select 1 as models from dual",
)
def on_conflict(statement: Statement) -> Iterator[str]:
    """The two words."""
    yield from pairs(statement, "on", "conflict")


@rule(
    "G14-update-from",
    "No update with a from",
    breaks="Oracle has none before 23ai (ORA-00933).",
    instead="A subquery in set and where, or merge.",
    bad="update builds set models = counts.models from counts where counts.build_id = builds.build_id",
    good=(
        "update builds set models = (select counts.models from counts where counts.build_id = "
        "builds.build_id)"
    ),
)
def update_from(statement: Statement) -> Iterator[str]:
    """Updates whose own level has a from."""
    if isinstance(statement.tree, exp.Update) and statement.tree.args.get("from_"):
        yield "update ... from"


@rule(
    "G15-nested-with",
    "No with inside a with",
    breaks=(
        "Oracle takes it since 23.26.2 only (ORA-32034). An ephemeral model that begins with "
        "`with` ends up in one."
    ),
    instead="One flat list of steps; a view or table in place of the ephemeral model.",
    bad=(
        "with teams as (with all_teams as (select dim.team_key from dim_teams dim) select "
        "all_teams.team_key from all_teams) select teams.team_key from teams"
    ),
    good=(
        "with all_teams as (select dim.team_key from dim_teams dim), teams as (select "
        "all_teams.team_key from all_teams) select teams.team_key from teams"
    ),
)
def nested_with(statement: Statement) -> Iterator[str]:
    """Withs under a with: in one of its steps, or in a subquery of the query it belongs to."""
    for clause in statement.tree.find_all(exp.With) if statement.tree else ():
        above = clause.parent.parent if clause.parent else None
        while above is not None:
            if isinstance(above, exp.Query) and above.args.get("with_") not in (None, clause):
                yield ", ".join(step.alias for step in clause.expressions)
                break
            above = above.parent


@rule(
    "G16-recursive-word",
    "`recursive` on Postgres only",
    breaks="Oracle does not know the word (ORA-00905); Postgres without it: relation does not exist.",
    instead="{{ with_recursive() }}.",
    bad=(
        "with recursive tree (team_key, depth) as (select dim.team_key, 0 from dim_teams dim "
        "union all select tree.team_key, tree.depth + 1 from tree where tree.depth < 9) select "
        "tree.team_key from tree"
    ),
    good=(
        "with tree (team_key, depth) as (select dim.team_key, 0 from dim_teams dim union all "
        "select tree.team_key, tree.depth + 1 from tree where tree.depth < 9) select "
        "tree.team_key from tree"
    ),
    reads=BOTH,
)
def recursive_word(statement: Statement) -> Iterator[str]:
    """The word on Oracle; on Postgres its absence where a step reads itself."""
    if statement.target == "oracle":
        yield from pairs(statement, "with", "recursive")
        return
    for clause in statement.tree.find_all(exp.With) if statement.tree else ():
        if not clause.args.get("recursive"):
            yield from (step.alias for step in clause.expressions if reads_itself(step))


def reads_itself(step: exp.CTE) -> bool:
    """Whether a step of a with selects from its own name."""
    is_union = isinstance(step.this, exp.SetOperation)
    return is_union and any(
        not table.db and table.name == step.alias for table in step.this.find_all(exp.Table)
    )


def recursive_steps(statement: Statement) -> Iterator[exp.CTE]:
    """The recursive steps of a statement."""
    for step in statement.tree.find_all(exp.CTE) if statement.tree else ():
        if reads_itself(step):
            yield step


@rule(
    "G16-columns",
    "A recursive step lists its columns",
    breaks="Oracle asks for the list (ORA-32039).",
    instead="tree (team_key, depth) as (...).",
    bad=(
        "with tree as (select dim.team_key, 0 as depth from dim_teams dim union all select "
        "tree.team_key, tree.depth + 1 as depth from tree where tree.depth < 9) select "
        "tree.team_key from tree"
    ),
    good=(
        "with tree (team_key, depth) as (select dim.team_key, 0 as depth from dim_teams dim "
        "union all select tree.team_key, tree.depth + 1 as depth from tree where tree.depth < 9) "
        "select tree.team_key from tree"
    ),
)
def recursive_columns(statement: Statement) -> Iterator[str]:
    """Recursive steps without a list behind their name."""
    yield from (step.alias for step in recursive_steps(statement) if not step.alias_column_names)


@rule(
    "G16-path",
    "The text that a recursion lengthens is cast to varchar(4000) where it begins",
    breaks=(
        "Oracle fixes the length by the first part (ORA-01489, ORA-12899); Postgres the type "
        "(text against varchar)."
    ),
    instead="cast(team_key as varchar(4000)) as path.",
    bad=(
        "with tree (path, depth) as (select dim.team_key, 0 from dim_teams dim union all select "
        "tree.path || '/', tree.depth + 1 from tree where tree.depth < 9) select tree.path from "
        "tree"
    ),
    good=(
        "with tree (path, depth) as (select cast(dim.team_key as varchar(4000)), 0 from "
        "dim_teams dim union all select cast(tree.path || '/' as varchar(4000)), tree.depth + 1 "
        "from tree where tree.depth < 9) select tree.path from tree"
    ),
)
def recursive_path(statement: Statement) -> Iterator[str]:
    """Columns joined by || in the second part whose first part is no cast."""
    for step in recursive_steps(statement):
        first, second = step.this.left, step.this.right
        for start, longer in zip(first.selects, second.selects, strict=False):
            first_value = start.unalias()
            is_cast = isinstance(first_value, exp.Cast) and bool(first_value.to.expressions)
            if longer.find(exp.DPipe) and not is_cast:
                yield longer.sql(dialect="oracle")


@rule(
    "G16-guard",
    "A recursion counts its depth and stops; no cycle, no search",
    breaks=(
        "Both run for ever on a tree that bites its tail (Oracle: ORA-32044); CYCLE and SEARCH "
        "differ between them."
    ),
    instead="where tree.depth < 50.",
    bad=(
        "with tree (team_key, depth) as (select dim.team_key, 0 from dim_teams dim union all "
        "select tree.team_key, tree.depth + 1 from tree) select tree.team_key from tree"
    ),
    good=(
        "with tree (team_key, depth) as (select dim.team_key, 0 from dim_teams dim union all "
        "select tree.team_key, tree.depth + 1 from tree where tree.depth < 9) select "
        "tree.team_key from tree"
    ),
)
def recursive_guard(statement: Statement) -> Iterator[str]:
    """Second parts without an upper bound; the words cycle and search behind a step."""
    for step in recursive_steps(statement):
        bounds = [bound for bound in step.this.right.find_all(exp.LT, exp.LTE) if bound.expression.is_number]
        if not bounds:
            yield step.alias
    yield from pairs(statement, "search", "depth", "breadth")
    for token, before, after in zip(
        statement.tokens[1:], statement.tokens, statement.tokens[2:], strict=False
    ):
        is_clause = before.token_type is TokenType.R_PAREN and after.token_type is TokenType.VAR
        if token.text.lower() == "cycle" and is_clause:
            yield f"cycle {after.text}"


@rule(
    "G17-ordinal",
    "Group by expressions, not by their numbers",
    breaks="Oracle takes the 1 for a constant (ORA-00979).",
    instead="group by facts.team_key.",
    bad="select facts.team_key, count(*) as count_rows from fct_key_results facts group by 1",
    good="select facts.team_key, count(*) as count_rows from fct_key_results facts group by facts.team_key",
)
def group_by_number(statement: Statement) -> Iterator[str]:
    """Numbers in group by."""
    for group in statement.tree.find_all(exp.Group) if statement.tree else ():
        for expression in group.expressions:
            if expression.is_number:
                yield f"group by {expression.name}"


@rule(
    "G17-star",
    "A bare star stands alone",
    breaks="Oracle wants `facts.*` beside other columns (ORA-00936, ORA-00923).",
    instead="facts.*.",
    bad="select *, 1 as one_row from fct_key_results facts",
    good="select facts.*, 1 as one_row from fct_key_results facts",
)
def bare_star(statement: Statement) -> Iterator[str]:
    """A star without a table's name in a select list of several."""
    for select in statement.tree.find_all(exp.Select) if statement.tree else ():
        if len(select.expressions) > 1 and any(isinstance(column, exp.Star) for column in select.expressions):
            yield "*"


@rule(
    "G23-list",
    f"A list holds at most {MOST_IN_LIST} values",
    breaks="Oracle stops at 1,000 (ORA-01795).",
    instead="A seed and a join.",
    bad=f"select dim.team_key from dim_teams dim where dim.line_number in ({TOO_MANY})",
    good="select dim.team_key from dim_teams dim where dim.line_number in (7, 8)",
)
def long_list(statement: Statement) -> Iterator[str]:
    """Lists behind in."""
    for found in statement.tree.find_all(exp.In) if statement.tree else ():
        if len(found.expressions) > MOST_IN_LIST:
            yield f"{found.this.sql(dialect='oracle')} in ({len(found.expressions)} values)"


@rule(
    "G23-semicolon",
    "One statement at a time, without a semicolon",
    breaks=(
        "Oracle's driver sends one statement and takes no ; behind it (ORA-00911, ORA-03405), "
        "unless begin ... end."
    ),
    instead="One hook for each statement; on Oracle a block.",
    bad="select teams.team_key from dim_teams teams;",
    good="select teams.team_key from dim_teams teams",
    whole=True,
)
def semicolon(statement: Statement) -> Iterator[str]:
    """Semicolons outside strings and blocks."""
    if not statement.is_block and any(token.token_type is TokenType.SEMICOLON for token in statement.tokens):
        yield ";"
