"""What nodes of sqlglot's trees say: questions that both readers of SQL ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def is_mirrored(node: exp.Expr) -> bool:
    """A comparison with its value first: "200 <= employees"."""

    return is_field(bare(node.expression)) and not is_field(bare(node.this))


def is_field(node: exp.Expr) -> bool:
    """A column, and not the word for the run's day."""
    from sqlglot import exp

    return isinstance(node, exp.Column) and not is_today(node)


def equality(node: exp.Expr) -> tuple[str | None, str | None]:
    """The column and the text of `column = 'text'` or `column in ('text')`."""
    from sqlglot import exp

    values = (
        node.expressions
        if isinstance(node, exp.In)
        else [node.expression]
        if isinstance(node, exp.EQ)
        else []
    )
    if len(values) == 1 and isinstance(node.this, exp.Column) and isinstance(values[0], exp.Literal):
        return node.this.name, str(values[0].this)
    return None, None


def bare(node: exp.Expr) -> exp.Expr:
    """The node without parentheses around it."""
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        node = node.this
    return node


def chain(node: exp.Expr, kind: type) -> Iterator[exp.Expr]:
    """The parts of a chain of ANDs or ORs from left to right; a chain of any length takes no recursion.

    A part in parentheses is one part, as a mapping inside a list is in the other spelling.
    """
    rest = [node]
    while rest:
        top = rest.pop()
        if isinstance(top, kind):
            rest += [top.args["expression"], top.args["this"]]
        else:
            yield top


def shown(node: exp.Expr) -> str:
    """The node as SQL, cut to what fits a message."""
    text = node.sql(dialect="duckdb")
    return text if len(text) <= 60 else f"{text[:59]}…"


def is_today(node: exp.Expr) -> bool:
    """today, today() or current_date."""
    from sqlglot import exp

    if isinstance(node, exp.Column):
        return (
            node.name.lower() == "today" and not node.args.get("table") and not node.this.args.get("quoted")
        )
    return isinstance(node, exp.CurrentDate) and node.this is None


def days(node: exp.Expr) -> str | None:
    """A number of days, also as an interval of them."""
    from sqlglot import exp

    if isinstance(node, exp.Interval):
        if str(node.args.get("unit")).upper() not in ("DAY", "DAYS"):
            return None
        node = node.this
        return str(node.this) if isinstance(node, exp.Literal) and str(node.this).isdigit() else None
    is_whole = isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit()
    return str(node.this) if is_whole else None
