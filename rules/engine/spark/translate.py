"""The plan's SQL, written for DuckDB, as Spark says it.

sqlglot translates the grammar; what is here is where the two mean different things by the same words, or
where Spark has no word.
"""

from __future__ import annotations

from sqlglot import exp, parse_one

from rules.engine.errors import AssignError
from rules.engine.stars import without_stars

UNTRANSLATED = frozenset({"MD5_NUMBER_LOWER", "READ_PARQUET", "STRUCT_PACK", "LIST_CONTAINS"})
"""Functions that only DuckDB has; the plan's shared part uses none of them."""


def to_spark(query: str) -> str:
    """The same question for `spark.sql` (ANSI mode, session time zone UTC); raises AssignError where there is none."""
    tree = without_stars(parse_one(query, read="duckdb"))
    for node in reversed(list(tree.walk())):
        said = _node(node)
        if said is not node:
            node.replace(said)
    return tree.sql("spark")


def _node(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Anonymous():
            return _function(node)
        case exp.RegexpFullMatch() if isinstance(node.expression, exp.Literal):
            # Java's $ also matches before a last line break, \z does not.
            pattern = exp.Literal.string(rf"\A(?:{node.expression.this})\z")
            return exp.RegexpLike(this=node.this, expression=pattern)
        case exp.IsInf():
            return _compare(exp.EQ, node.this)
        case exp.Sub() if _is_date(node.expression):
            # A date minus a date is days in DuckDB and an interval in Spark.
            return exp.DateDiff(this=node.this, expression=node.expression, unit=exp.var("DAY"))
    return node


def _function(node: exp.Anonymous) -> exp.Expr:
    name = node.name.upper()
    match name, node.expressions:
        case "ISFINITE", [value]:
            # In both engines NaN is greater than infinity.
            return _compare(exp.LT, value)
        case "TIMEZONE", [exp.Literal() as zone, instant]:
            # Instants have the session's time zone, UTC; what comes out are the digits of the local clock.
            return exp.func("from_utc_timestamp", instant, zone)
    if name in UNTRANSLATED:
        raise AssignError(
            f"the plan uses {name.lower()}, which Spark does not have; please report this rule set"
        )
    return node


def _compare(how: type[exp.Binary], value: exp.Expr) -> exp.Expr:
    infinity = exp.cast(exp.Literal.string("Infinity"), exp.DataType.Type.DOUBLE)
    return exp.paren(how(this=exp.Abs(this=value), expression=infinity))


def _is_date(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.is_type(exp.DataType.Type.DATE)
