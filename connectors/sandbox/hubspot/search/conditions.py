"""Filters as SQL over one object's table.

Texts compare without regard to case, enumerations with it. IN on a text matches in lower case only, because the
index is lower-cased and the values of IN are not. NEQ, NOT_IN and NOT_CONTAINS_TOKEN also match records
without the property (?).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from connectors.sandbox.hubspot.search.query import Filter, Query
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.kinds import ID
from connectors.sandbox.state import quoted
from connectors.sandbox.tables import Stored

Sql = tuple[str, list[Stored]]
_COMPARED = {"EQ": "=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_BREAKS = "-_./@,:;()&'"


def where(query: Query, searched: Sequence[str], *, by_key: bool = False) -> Sql:
    """The condition of the whole query; `by_key` keeps SQLite from any index but the key's.

    `searched` are the columns that the free text looks into.
    """
    parts: list[str] = []
    values: list[Stored] = []
    groups = [_all(group, by_key) for group in query.groups if group]
    if groups and len(groups) == len(query.groups):
        parts.append("(" + " OR ".join(sql for sql, _ in groups) + ")")
        values += [value for _, found in groups for value in found]
    for word in query.text.split():
        parts.append("(" + " OR ".join(f"{quoted(name)} LIKE ? ESCAPE '\\'" for name in searched) + ")")
        values += [f"%{_literal(word)}%"] * len(searched)
    return " AND ".join(parts) or "1", values


def _all(filters: Sequence[Filter], by_key: bool) -> Sql:
    found = [_one(each, by_key) for each in filters]
    return "(" + " AND ".join(sql for sql, _ in found) + ")", [v for _, values in found for v in values]


def _one(filter: Filter, by_key: bool) -> Sql:
    name = quoted(filter.property.name)
    if by_key and filter.property.name != ID:
        name = f"+{name}"
    make = _SQL.get(filter.operator)
    return make(name, filter) if make else _compared(name, filter)


def _compared(name: str, filter: Filter) -> Sql:
    return f"{name} {_COMPARED[filter.operator]} ?{_fold(filter.property)}", [_typed(filter, 0)]


def _unequal(name: str, filter: Filter) -> Sql:
    return f"({name} IS NULL OR {name} <> ?{_fold(filter.property)})", [_typed(filter, 0)]


def _between(name: str, filter: Filter) -> Sql:
    return f"({name} >= ? AND {name} <= ?)", [_typed(filter, 0), _typed(filter, 1)]


def _listed(name: str, filter: Filter) -> Sql:
    marks = ",".join("?" * len(filter.values))
    column = f"lower({name})" if filter.property.type == "string" else name
    sql = f"{column} IN ({marks})"
    values = [_typed(filter, place) for place in range(len(filter.values))]
    return (f"({name} IS NULL OR NOT {sql})" if filter.operator == "NOT_IN" else sql), values


def _present(name: str, filter: Filter) -> Sql:
    sql = f"({name} IS NOT NULL AND {name} <> '')"
    return (f"NOT {sql}" if filter.operator == "NOT_HAS_PROPERTY" else sql), []


def _token(name: str, filter: Filter) -> Sql:
    """`*` stands for any letters; without one, a whole word must be there."""
    wanted = str(filter.values[0]).strip()
    if "*" in wanted:
        column, pattern = name, _literal(wanted).replace("*", "%")
    else:
        column, pattern = _spaced(name), _literal(wanted.translate({ord(c): " " for c in _BREAKS}))
    sql = f"(' ' || {column} || ' ') LIKE ? ESCAPE '\\'"
    if filter.operator == "NOT_CONTAINS_TOKEN":
        sql = f"({name} IS NULL OR NOT {sql})"
    return sql, [f"% {pattern} %"]


def _spaced(name: str) -> str:
    for sign in _BREAKS:
        literal = sign.replace("'", "''")
        name = f"replace({name}, '{literal}', ' ')"
    return name


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fold(property: Property) -> str:
    return " COLLATE NOCASE" if property.type == "string" else ""


def _typed(filter: Filter, place: int) -> Stored:
    """Days are stored as text; a search names them by an instant."""
    value = filter.values[place]
    if filter.property.type == "date" and isinstance(value, int):
        return f"{datetime.fromtimestamp(value // 1000, UTC):%Y-%m-%d}"
    return value


_SQL: Mapping[str, Callable[[str, Filter], Sql]] = {
    "NEQ": _unequal,
    "BETWEEN": _between,
    "IN": _listed,
    "NOT_IN": _listed,
    "HAS_PROPERTY": _present,
    "NOT_HAS_PROPERTY": _present,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _token,
}
