"""The plan's SQL, written for DuckDB, as other engines say it.

sqlglot translates the grammar; what is here is where two engines mean different things by the same words, or
where one has no word.
"""

from __future__ import annotations

from enum import StrEnum

from sqlglot import exp, parse_one

from rules.engine.dialects.names import rename_for
from rules.engine.dialects.stars import without_stars
from rules.engine.errors import AssignError


class Dialect(StrEnum):
    """Engines that the plan can be said to."""

    DUCKDB = "duckdb"
    SPARK = "spark"
    DATABRICKS = "databricks"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"


SPARKS = frozenset({Dialect.SPARK, Dialect.DATABRICKS})
NO_ESCAPE = "\x01"
"""A character that no pattern has, as whoever writes one is told."""
ONLY_DUCKDB = frozenset({"MD5_NUMBER_LOWER", "READ_PARQUET", "STRUCT_PACK", "LIST_CONTAINS"})
"""Functions without a counterpart; the part of the plan that other engines run uses none of them."""


def translated(query: str, dialect: Dialect) -> str:
    """The same statement in the dialect (Spark: ANSI mode, session time zone UTC).

    Raises AssignError where it has no counterpart.
    """
    tree = without_stars(parse_one(query, read="duckdb"))
    for node in reversed(list(tree.walk())):
        said = _node(node, dialect)
        if said is not node:
            node.replace(said)
    rename_for(tree, dialect.value)
    return tree.sql(dialect.value)


def _node(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    match node:
        case exp.Anonymous():
            return _function(node, dialect)
        case exp.RegexpFullMatch() if isinstance(node.expression, exp.Literal):
            # Java's $ also matches before a last line break, \z does not.
            pattern = exp.Literal.string(rf"\A(?:{node.expression.this})\z")
            return exp.RegexpLike(this=node.this, expression=pattern)
        case exp.Filter(this=exp.Sum(this=exp.Order())) if dialect in SPARKS:
            return _sum_in_order(node.this.this.this, node.expression)
        case exp.Sum(this=exp.Order()) if dialect in SPARKS and not isinstance(node.parent, exp.Filter):
            return _sum_in_order(node.this.this, None)
        case exp.Floor() | exp.Ceil() if dialect in SPARKS:
            return _whole(node)
        case exp.Like() if dialect in SPARKS and not isinstance(node.parent, exp.Escape):
            # A backslash in a pattern is a backslash.
            return exp.Escape(this=node.copy(), expression=exp.Literal.string(NO_ESCAPE))
        case exp.Greatest(this=exp.Expr() as only) | exp.Least(this=exp.Expr() as only) if (
            not node.expressions
        ):
            return only
        case exp.IsInf():
            return _against_infinity(exp.EQ, node.this)
        case exp.Sub() if _is_date(node.expression):
            # A date minus a date is days in DuckDB and an interval in Spark.
            return exp.DateDiff(this=node.this, expression=node.expression, unit=exp.var("DAY"))
    return node


def _function(node: exp.Anonymous, dialect: Dialect) -> exp.Expr:
    name = node.name.upper()
    match name, node.expressions:
        case "ISFINITE", [value]:
            # NaN is greater than infinity, or compares as false: it is not less.
            return _against_infinity(exp.LT, value)
        case "TIMEZONE", [exp.Literal() as zone, instant]:
            return exp.AtTimeZone(this=instant, zone=zone)
        case "BIT_COUNT", [exp.Sub() as below] if dialect is Dialect.SNOWFLAKE:
            # There is no bit_count; below a power of two there are as many bits as its logarithm says.
            return exp.func("round", exp.Div(this=_log(below.this), expression=_log(exp.Literal.number(2))))
    if name in ONLY_DUCKDB:
        raise AssignError(f"the plan uses {name.lower()}, which only DuckDB has; use engine: kind: duckdb")
    return node


def _against_infinity(how: type[exp.Binary], value: exp.Expr) -> exp.Expr:
    infinity = exp.cast(exp.Literal.string("Infinity"), exp.DataType.Type.DOUBLE)
    return exp.paren(how(this=exp.Abs(this=value), expression=infinity))


def _is_date(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.is_type(exp.DataType.Type.DATE)


def _log(value: exp.Expr) -> exp.Expr:
    return exp.Ln(this=value.copy())


def _sum_in_order(value: exp.Expr, where: exp.Expr | None) -> exp.Expr:
    """Doubles added from the least to the greatest, so that the sum is the same to the last bit; null of none."""
    column = value.sql("spark")
    only = f" FILTER ({where.sql('spark')})" if where is not None else ""
    added = (
        f"AGGREGATE(ARRAY_SORT(COLLECT_LIST({column}){only}), CAST(0 AS DOUBLE), (sofar, one) -> sofar + one)"
    )
    return parse_one(f"CASE WHEN COUNT({column}){only} > 0 THEN {added} END", read="spark")


def _whole(node: exp.Floor | exp.Ceil) -> exp.Expr:
    """A double, as DuckDB gives; Spark gives an integer of 64 bits, which greater numbers do not fit into."""
    value = node.this
    known = exp.LT(this=exp.Abs(this=value.copy()), expression=exp.Literal.number(2**53))
    whole = exp.cast(type(node)(this=value.copy()), exp.DataType.Type.DOUBLE)
    return exp.Case(ifs=[exp.If(this=known, true=whole)], default=value.copy())
