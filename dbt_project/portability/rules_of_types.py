"""G5 and G7: no booleans, and types that both databases have."""

from __future__ import annotations

from collections.abc import Iterator

from portability_rule import BOTH, rule
from sql_statement import Statement
from sqlglot import TokenType, exp

# The types of one break the other; in a dispatched macro each is right on its own side.
FOREIGN_TYPES = {
    "oracle": [
        "text",
        "jsonb",
        "json",
        "uuid",
        "bytea",
        "bool",
        "bigint",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "serial",
        "bigserial",
        "timestamptz",
        "citext",
    ],
    "postgres": [
        "varchar2",
        "nvarchar2",
        "number",
        "clob",
        "nclob",
        "blob",
        "binary_float",
        "binary_double",
        "long",
        "rowid",
    ],
}
CONDITIONS = (
    exp.Predicate,
    exp.Not,
    exp.And,
    exp.Or,
    exp.Xor,
    exp.Exists,
    exp.RegexpLike,
    exp.RegexpILike,
    exp.JSONExists,
)


@rule(
    "G5-type",
    "No boolean type",
    breaks="Oracle has no boolean column or cast before 23ai (ORA-00902).",
    instead="integer, 0 or 1.",
    bad="select cast(1 as boolean) as is_late from dual",
    good="select cast(1 as integer) as is_late from dual",
    reads=BOTH,
)
def boolean_type(statement: Statement) -> Iterator[str]:
    """Casts to boolean and columns declared so."""
    for found in statement.tree.find_all(exp.DataType) if statement.tree else ():
        if found.this is exp.DataType.Type.BOOLEAN:
            yield found.parent.sql(dialect="oracle") if found.parent else "boolean"


@rule(
    "G5-literal",
    "No true and false",
    breaks="Oracle reads TRUE as the name of a column before 23ai (ORA-00904).",
    instead="1 and 0.",
    bad="select true as is_late from dual",
    good="select 1 as is_late from dual",
)
def boolean_literal(statement: Statement) -> Iterator[str]:
    """The words themselves, outside strings."""
    for token in statement.tokens:
        if token.token_type in (TokenType.TRUE, TokenType.FALSE):
            yield token.text


@rule(
    "G5-predicate",
    "A condition compares; a column alone is none",
    breaks="Oracle wants an operator after it (ORA-00920).",
    instead="is_late = 1.",
    bad="select dim.key_result_id from dim_key_results dim where dim.is_late",
    good="select dim.key_result_id from dim_key_results dim where dim.is_late = 1",
)
def bare_predicate(statement: Statement) -> Iterator[str]:
    """Operands of where, having, on, and, or, not and case when that are values."""
    for condition in conditions(statement.tree):
        if not isinstance(condition, (*CONDITIONS, exp.Paren)):
            yield condition.sql(dialect=statement.target)


def conditions(tree: exp.Expr | None) -> Iterator[exp.Expr]:
    """Everything that stands where only a condition may."""
    for node in tree.walk() if tree is not None else ():
        if isinstance(node, exp.Where | exp.Having | exp.Not):
            yield node.this
        elif isinstance(node, exp.Join) and node.args.get("on"):
            yield node.args["on"]
        elif isinstance(node, exp.And | exp.Or):
            yield from (node.left, node.right)
        elif (
            isinstance(node, exp.If)
            and isinstance(node.parent, exp.Case)
            and not node.parent.this
            or isinstance(node, exp.Paren)
            and stands_as_condition(node)
        ):
            yield node.this


def stands_as_condition(node: exp.Expr) -> bool:
    """Whether the place of a node asks for a condition rather than for a value."""
    parent = node.parent
    if isinstance(parent, exp.Paren):
        return stands_as_condition(parent)
    if isinstance(parent, exp.If):
        is_searched = isinstance(parent.parent, exp.Case) and not parent.parent.this
        return is_searched and parent.this is node
    if isinstance(parent, exp.Join | exp.Merge):
        return parent.args.get("on") is node
    if isinstance(parent, exp.When):
        return parent.args.get("condition") is node
    return isinstance(parent, exp.Where | exp.Having | exp.Not | exp.And | exp.Or | exp.CheckColumnConstraint)


@rule(
    "G5-value",
    "A comparison is no value",
    breaks="Oracle has no boolean to put into a column, a function or a sum (ORA-00923, ORA-00907).",
    instead="case when progress >= 1 then 1 else 0 end.",
    bad="select facts.progress >= 1 as is_attained from fct_key_results facts",
    good="select case when facts.progress >= 1 then 1 else 0 end as is_attained from fct_key_results facts",
)
def boolean_value(statement: Statement) -> Iterator[str]:
    """Comparisons that stand where a value must."""
    for node in statement.tree.walk() if statement.tree else ():
        is_assignment = isinstance(node, exp.EQ) and isinstance(node.parent, exp.Update)
        is_value = isinstance(node, CONDITIONS) and not isinstance(node, exp.Any | exp.All | exp.Case)
        if is_value and not is_assignment and not stands_as_condition(node):
            yield node.sql(dialect=statement.target)


@rule(
    "G7-type",
    "Types that both databases have",
    breaks="Oracle knows no text, jsonb, uuid or bigint (ORA-00902); Postgres no varchar2, number or clob.",
    instead=(
        "varchar(4000), numeric(p, s), integer, timestamp, date; else a dispatched macro such as type_text()."
    ),
    bad="select cast(dim.title as text) as title from dim_key_results dim",
    good="select cast(dim.title as varchar(4000)) as title from dim_key_results dim",
    reads=BOTH,
)
def foreign_type(statement: Statement) -> Iterator[str]:
    """The words in which casts and declared columns name their types."""
    foreign = FOREIGN_TYPES[statement.target]
    for word in type_words(statement):
        if word in foreign:
            yield word


@rule(
    "G7-varchar-length",
    "A varchar has a length",
    breaks="Oracle asks for it (ORA-00906).",
    instead="varchar(4000).",
    bad="select cast(dim.title as varchar) as title from dim_key_results dim",
    good="select cast(dim.title as varchar(4000)) as title from dim_key_results dim",
)
def varchar_length(statement: Statement) -> Iterator[str]:
    """Types of text without a number behind them."""
    text_types = (exp.DataType.Type.VARCHAR, exp.DataType.Type.NVARCHAR)
    for found in statement.tree.find_all(exp.DataType) if statement.tree else ():
        is_returning = isinstance(found.parent, exp.JSONValue | exp.JSONObject | exp.JSONArrayAgg)
        if found.this in text_types and not found.expressions and not is_returning:
            yield found.parent.sql(dialect="oracle") if found.parent else "varchar"


def type_words(statement: Statement) -> Iterator[str]:
    """The first word of each type: behind `as` in a cast, behind a declared column's name, behind `::`."""
    tokens = statement.tokens
    depth_of_cast: list[bool] = []
    for place, token in enumerate(tokens[:-1]):
        if token.token_type is TokenType.L_PAREN:
            depth_of_cast.append(place > 0 and tokens[place - 1].text.lower() in ("cast", "try_cast"))
        elif token.token_type is TokenType.R_PAREN and depth_of_cast:
            depth_of_cast.pop()
        elif token.token_type is TokenType.DCOLON or (
            token.token_type is TokenType.ALIAS and depth_of_cast and depth_of_cast[-1]
        ):
            yield tokens[place + 1].text.lower()
    for column in statement.tree.find_all(exp.ColumnDef) if statement.tree else ():
        yield from declared_words(column, statement)


def declared_words(column: exp.ColumnDef, statement: Statement) -> Iterator[str]:
    """The word behind a declared column's name; the tree would say varchar for varchar2."""
    end = column.this.meta.get("end")
    if end is not None:
        yield next((token.text.lower() for token in statement.tokens if token.start > end), "")
