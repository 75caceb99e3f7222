"""One statement as rules read it: tokens with the clause of each, a parse tree, and its named exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

LEADING_COMMENTS = re.compile(r"^(\s*/\*.*?\*/|\s*--[^\n]*(\n|$))*\s*", re.DOTALL)
DOLLAR_BLOCK = re.compile(r"^do\s+(\$\w*\$)(.*)\1\s*$", re.DOTALL | re.IGNORECASE)
PLSQL_BLOCK = re.compile(r"^(declare|begin)\b", re.IGNORECASE)
STEP = re.compile(
    r"^(?:.*?\b(?:begin|then|else|loop)\b)?\s*(?=(insert|update|delete|merge|select)\b)",
    re.DOTALL | re.IGNORECASE,
)
EXCEPTION = re.compile(
    r"(?:--|#)\s*portability:\s*(?P<rule>G\d+-[a-z-]+)(?:\((?P<word>[^)]*)\))?(?P<reason>[^\n]*)"
)
READ_BY = ("oracle", "postgres")

CLAUSES = {
    TokenType.SELECT: "select",
    TokenType.FROM: "from",
    TokenType.JOIN: "from",
    TokenType.USING: "from",
    TokenType.INTO: "into",
    TokenType.ON: "on",
    TokenType.WHERE: "where",
    TokenType.GROUP_BY: "group by",
    TokenType.ORDER_BY: "order by",
    TokenType.HAVING: "having",
    TokenType.WITH: "with",
    TokenType.UNION: "",
    TokenType.EXCEPT: "",
    TokenType.INTERSECT: "",
    TokenType.SET: "set",
    TokenType.WHEN: "when",
    TokenType.SEMICOLON: "",
}


@dataclass(frozen=True)
class Statement:
    """SQL that dbt sends to a target, and the file it comes from."""

    target: str
    node: str
    path: str
    text: str
    in_block: bool = False
    source: str = ""

    @cached_property
    def sql(self) -> str:
        """The text without the comments before it, one of which is dbt telling who asks."""
        return LEADING_COMMENTS.sub("", self.text, count=1).strip()

    @cached_property
    def tokens(self) -> list[Token]:
        """What the target's own tokenizer makes of it; comments hang on tokens."""
        return list(sqlglot.tokenize(self.sql, read=self.target))

    @cached_property
    def is_block(self) -> bool:
        """Whether it is procedural: a PL/SQL block, or `do` on Postgres."""
        return bool(PLSQL_BLOCK.match(self.sql) or DOLLAR_BLOCK.match(self.sql))

    @cached_property
    def tree(self) -> exp.Expr | None:
        """The parse, by the target's grammar or, where that fails, by the other's; None where both fail."""
        for dialect in sorted(READ_BY, key=lambda name: name != self.target):
            try:
                trees = [tree for tree in sqlglot.parse(self.sql, read=dialect) if tree is not None]
            except SqlglotError:
                continue
            if len(trees) == 1 and not isinstance(trees[0], exp.Command):
                return trees[0]
        return None

    @cached_property
    def exceptions(self) -> dict[tuple[str, str], str]:
        """Rules, or one word for a rule, that a comment in SQL or YAML sets aside, each with its reason."""
        found = EXCEPTION.finditer(f"{self.text}\n{self.source}")
        return {(one["rule"], one["word"] or ""): one["reason"].strip(" :.") for one in found}

    @cached_property
    def clauses(self) -> list[str]:
        """For each token the clause it stands in, at its own depth of brackets."""
        stack = [""]
        found = []
        for token in self.tokens:
            if token.token_type is TokenType.L_PAREN:
                found.append(stack[-1])
                stack.append("")
                continue
            if token.token_type is TokenType.R_PAREN and len(stack) > 1:
                stack.pop()
            elif (clause := CLAUSES.get(token.token_type)) is not None and (clause != "from" or stack[-1]):
                # `from` inside extract(), trim() or substring() opens no clause: no select stands before it.
                stack[-1] = clause
            found.append(stack[-1])
        return found

    @property
    def verb(self) -> str:
        """Its first word."""
        return self.sql.split(maxsplit=1)[0].lower() if self.sql else ""

    def steps(self) -> Iterator[Statement]:
        """The single statements in it: of a block those that begin with a verb of SQL."""
        if not self.is_block:
            parts = list(semicolon_parts(self.sql, self.target))
            yield from (self.part(text) for text in parts) if len(parts) > 1 else (self,)
            return
        dollar = DOLLAR_BLOCK.match(self.sql)
        for text in semicolon_parts(dollar.group(2) if dollar else self.sql, self.target):
            if found := STEP.match(text):
                yield self.part(text[found.end() :], in_block=True)

    def part(self, text: str, in_block: bool = False) -> Statement:
        """One of several statements that are sent together."""
        return Statement(self.target, self.node, self.path, text, in_block)


def semicolon_parts(sql: str, target: str) -> Iterator[str]:
    """The text between semicolons, none of which is inside a string."""
    begin = 0
    for token in sqlglot.tokenize(sql, read=target):
        if token.token_type is TokenType.SEMICOLON:
            yield sql[begin : token.start].strip()
            begin = token.end + 1
    if rest := sql[begin:].strip():
        yield rest
