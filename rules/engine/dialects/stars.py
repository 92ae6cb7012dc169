"""`SELECT x.* EXCLUDE (a) REPLACE (b AS c)` written out, for engines that have no such stars."""

from __future__ import annotations

from sqlglot import exp

from rules.engine.errors import AssignError


def without_stars(tree: exp.Expr) -> exp.Expr:
    """The query with every star written out whose columns a subquery names; a star over a table stays as it is.

    Raises AssignError for a star with EXCLUDE or REPLACE over a table, whose columns the text does not tell.
    """
    for select in reversed(list(tree.find_all(exp.Select))):
        select.set(
            "expressions", [found for item in select.expressions for found in _written_out(item, select)]
        )
    return tree


def _written_out(item: exp.Expr, select: exp.Select) -> list[exp.Expr]:
    star = item.this if isinstance(item, exp.Column) else item
    if not isinstance(star, exp.Star):
        return [item]
    source = item.table if isinstance(item, exp.Column) else ""
    columns = _columns(select, source)
    if columns is None:
        if star.args.get("except_") or star.args.get("replace"):
            raise AssignError(f"the columns of {item.sql('duckdb')} cannot be told from the query alone")
        return [item]
    left_out = {found.name for found in star.args.get("except_") or ()}
    replaced = {found.alias: found for found in star.args.get("replace") or ()}
    return [
        replaced.get(column, exp.column(column, table=source or None, quoted=True))
        for column in columns
        if column not in left_out
    ]


def _columns(select: exp.Select, source: str) -> list[str] | None:
    """What the subquery of this name gives, None where it is a table."""
    clause = select.args.get("from_")
    joins = select.args.get("joins") or ()
    sources = [part.this for part in ([clause] if clause else []) + list(joins)]
    if not source and len(sources) > 1:
        return None
    for found in sources:
        if isinstance(found, exp.Subquery) and (not source or found.alias == source):
            inner = found.this
            names = [item.alias_or_name for item in inner.selects] if isinstance(inner, exp.Select) else ["*"]
            return None if "*" in names else names
    return None
