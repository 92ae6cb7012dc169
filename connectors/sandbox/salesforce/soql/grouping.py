"""Queries with functions and groups: what they return, and what Salesforce refuses of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.salesforce.errors import CallFailed, malformed
from connectors.sandbox.salesforce.shape.fields import NUMBERS, Field
from connectors.sandbox.salesforce.soql.conditions import Conditions
from connectors.sandbox.salesforce.soql.names import Names
from connectors.sandbox.salesforce.soql.tokens import pointed
from connectors.sandbox.salesforce.soql.tree import Aggregate, Item, Ordering, Path, Select
from connectors.sandbox.tables import Stored

MOST_GROUPS = 2_000
"""Rows of a query with groups, which has no second page (doc)."""
_COUNT = Field("expr", "int", "Count")


@dataclass(frozen=True, slots=True)
class Groups:
    """The columns of the result in order, by name, and the SQL after WHERE."""

    columns: tuple[tuple[str, Field, str], ...]
    tail: str
    parameters: tuple[Stored, ...]


def grouped(names: Names, select: Select, conditions: Conditions) -> Groups:
    """The groups of a query; CallFailed where a field is neither grouped nor inside a function."""
    if select.children:
        raise malformed("Grouped query cannot use child relationships in the SELECT list")
    keys = {_key(names, path): path for path in select.group}
    if not keys and select.limit is not None:
        raise malformed("Non-grouped query that uses overall aggregate functions cannot also use LIMIT")
    columns = [_column(names, item, keys) for item in select.items]
    aliases = {name.lower(): (field, sql) for name, field, sql in columns}

    def measured(what: Path | Aggregate) -> tuple[Field, str]:
        if isinstance(what, Path) and ".".join(what.parts).lower() in aliases:
            return aliases[".".join(what.parts).lower()]
        return _measured(names, what, keys)

    conditions.measured = measured
    tail = f" GROUP BY {', '.join(keys)}" if keys else ""
    if select.having is not None:
        tail += f" HAVING {conditions.written(select.having)}"
    if select.order:
        tail += " ORDER BY " + ", ".join(_ordered(order, *measured(order.path)) for order in select.order)
    return Groups(_named(columns), tail, tuple(conditions.parameters))


def _key(names: Names, path: Path) -> str:
    field, sql, _ = names.resolve(path)
    if not field.groupable:
        raise names.unknown(path, f"field '{field.name}' can not be grouped in a query call")
    return f"{sql} COLLATE NOCASE" if field.is_text else sql


def _column(names: Names, item: Item, keys: Mapping[str, Path]) -> tuple[str, Field, str]:
    field, sql = _measured(names, item.what, keys)
    if isinstance(item.what, Aggregate):
        return item.alias, field, sql
    return item.alias or item.what.parts[-1], field, sql


def _measured(names: Names, what: Path | Aggregate, keys: Mapping[str, Path]) -> tuple[Field, str]:
    if isinstance(what, Path):
        field, sql, parts = names.resolve(what)
        if sql not in keys and f"{sql} COLLATE NOCASE" not in keys:
            message = f"Field must be grouped or aggregated: {parts[-1]}"
            raise malformed(pointed(names.query, what.at, message))
        return field, sql
    if what.path is None:
        return _COUNT, "count(*)"
    field, sql, _ = names.resolve(what.path)
    _check(names, what, field)
    if what.function in ("COUNT", "COUNT_DISTINCT"):
        distinct = "DISTINCT " if what.function == "COUNT_DISTINCT" else ""
        return _COUNT, f"count({distinct}{sql})"
    return field, f"{what.function.lower()}({sql})"


def _check(names: Names, what: Aggregate, field: Field) -> None:
    numeric = what.function not in ("SUM", "AVG") or field.type in NUMBERS
    countable = field.type != "address" and not (field.type == "textarea" and field.length > 255)
    ordered = what.function not in ("MIN", "MAX") or field.type != "boolean"
    if not (numeric and countable and ordered):
        message = f"field {field.name} does not support aggregate operator {what.function}"
        raise CallFailed(400, "MALFORMED_QUERY", pointed(names.query, what.at, message))


def _ordered(order: Ordering, field: Field, sql: str) -> str:
    collate = " COLLATE NOCASE" if field.is_text else ""
    ends = f"{'DESC' if order.descending else 'ASC'} NULLS {'LAST' if order.nulls_last else 'FIRST'}"
    return f"{sql}{collate} {ends}"


def _named(columns: list[tuple[str, Field, str]]) -> tuple[tuple[str, Field, str], ...]:
    """Functions without an alias are expr0, expr1, …; a name twice is refused."""
    made, number = [], 0
    for name, field, sql in columns:
        made.append((name or f"expr{number}", field, sql))
        number += not name
    seen = [name.lower() for name, _, _ in made]
    if twice := next((name for name in seen if seen.count(name) > 1), None):
        raise malformed(f"duplicate alias: {twice}")
    return tuple(made)
