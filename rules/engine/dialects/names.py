"""Names of tables and columns, so that each is written in one way throughout a script."""

from __future__ import annotations

import re

from sqlglot import exp

PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "between",
        "by",
        "case",
        "cast",
        "column",
        "create",
        "cross",
        "current",
        "delete",
        "distinct",
        "drop",
        "else",
        "exists",
        "for",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "in",
        "increment",
        "inner",
        "insert",
        "intersect",
        "into",
        "is",
        "join",
        "lateral",
        "left",
        "like",
        "minus",
        "natural",
        "not",
        "null",
        "of",
        "on",
        "or",
        "order",
        "qualify",
        "regexp",
        "revoke",
        "right",
        "rlike",
        "row",
        "rows",
        "sample",
        "select",
        "set",
        "some",
        "start",
        "table",
        "tablesample",
        "then",
        "to",
        "trigger",
        "true",
        "union",
        "unique",
        "update",
        "using",
        "values",
        "view",
        "when",
        "whenever",
        "where",
        "with",
        "class",
        "end",
        "default",
        "limit",
        "offset",
        "window",
    ]
)


def rename_for(tree: exp.Expr, dialect: str) -> None:
    """Snowflake tells `a` from `"a"`: plain names are written bare there, as its own tables have them; others
    are quoted everywhere."""
    if dialect == "snowflake":
        for found in tree.find_all(exp.Identifier):
            found.set("quoted", is_quoted(found.name))


def is_quoted(name: str) -> bool:
    """Whether the name cannot be written bare."""
    return PLAIN.fullmatch(name) is None or name in RESERVED


def written(name: str, dialect: str) -> str:
    """The name in the dialect's quotes, bare where it can be in Snowflake."""
    quoted = is_quoted(name) if dialect == "snowflake" else True
    return exp.to_identifier(name, quoted=quoted).sql(dialect)
