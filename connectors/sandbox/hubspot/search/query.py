"""A search request, read strictly: what HubSpot would refuse is refused, in its words where they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.shape.definitions import Property
from connectors.sandbox.hubspot.shape.values import read_instant
from connectors.sandbox.tables import Stored

CAP = 10_000
"""No search reaches further than this many results."""
_GROUPS, _FILTERS, _ALL_FILTERS, _BODY = 5, 6, 18, 3_000
_SINGLE = frozenset(["EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"])
_LISTS = frozenset(("IN", "NOT_IN"))
_BARE = frozenset(("HAS_PROPERTY", "NOT_HAS_PROPERTY"))
OPERATORS = _SINGLE | _LISTS | _BARE | {"BETWEEN"}
_FILTER_CLASS = "com.hubspot.inbounddb.publicobject.core.v3.search.Filter"

Find = Callable[[str], Property | None]


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; `values` hold none, one, two (BETWEEN) or many stored values."""

    property: Property
    operator: str
    values: tuple[Stored, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A search: any of the groups, each all of its filters."""

    groups: tuple[tuple[Filter, ...], ...]
    text: str
    sort: Property | None
    descending: bool
    properties: tuple[str, ...]
    limit: int
    after: int


def read_query(body: Any, size: int, find: Find, page: int) -> Query:
    """The search that a body of `size` characters asks for; Refused where HubSpot would refuse it."""
    if size > _BODY:
        raise errors.invalid(f"The request body must not exceed {_BODY} characters; it has {size}.")
    if not isinstance(body, dict):
        raise errors.malformed("Cannot deserialize value of type `PublicObjectSearchRequest`")
    groups = _groups(body, find)
    sort, descending = _sort(_array(body, "sorts"), find)
    limit = _whole(body.get("limit", 10), "limit")
    if not 0 < limit <= page:
        raise errors.invalid(f"limit must be between 1 and {page}, but was {limit}")
    after = _whole(body.get("after") or 0, "after")
    if after + limit > CAP:
        raise errors.bare(400)
    properties = tuple(map(str, _array(body, "properties")))
    return Query(groups, str(body.get("query") or ""), sort, descending, properties, limit, after)


def _array(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise errors.malformed("Cannot deserialize instance of `java.util.HashSet` out of START_OBJECT token")
    return value


def _whole(value: Any, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdigit():
        return int(value)
    raise errors.malformed(f"Cannot deserialize value of type `int` from {value!r} ({name})")


def _groups(body: Mapping[str, Any], find: Find) -> tuple[tuple[Filter, ...], ...]:
    given = _array(body, "filterGroups")
    if not given and body.get("filters"):
        given = [{"filters": body["filters"]}]
    if len(given) > _GROUPS:
        raise errors.invalid(f"No more than {_GROUPS} filterGroups are allowed; found {len(given)}.")
    groups = []
    for group in given:
        if not isinstance(group, dict):
            raise errors.malformed("Cannot deserialize value of type `FilterGroup`")
        filters = _array(group, "filters")
        if len(filters) > _FILTERS:
            raise errors.invalid(
                f"No more than {_FILTERS} filters are allowed in a group; found {len(filters)}."
            )
        groups.append(tuple(_filter(one, find) for one in filters))
    if sum(map(len, groups)) > _ALL_FILTERS:
        raise errors.invalid(
            f"No more than {_ALL_FILTERS} filters are allowed in all; found {sum(map(len, groups))}."
        )
    return tuple(groups)


def _filter(given: Any, find: Find) -> Filter:
    name = given.get("propertyName") if isinstance(given, dict) else None
    operator = given.get("operator") if isinstance(given, dict) else None
    if not isinstance(name, str) or not isinstance(operator, str):
        raise errors.malformed(
            "Cannot build Filter, some of required attributes are not set [propertyName, operator]"
        )
    if operator not in OPERATORS:
        raise errors.malformed(f"Cannot deserialize value of type `Operator` from String {operator!r}")
    property = find(name)
    if property is None:
        # A filter on an unknown property gets no more than this sentence.
        raise errors.bare(400)
    return Filter(property, operator, _values(given, operator, property))


def _values(given: Mapping[str, Any], operator: str, property: Property) -> tuple[Stored, ...]:
    if operator in _BARE:
        return ()
    if operator in _LISTS:
        values = given.get("values")
        if not isinstance(values, list) or not values:
            raise _lacks(operator, "values")
        return tuple(_value(one, property) for one in values)
    names = ("value", "highValue") if operator == "BETWEEN" else ("value",)
    for name in names:
        if given.get(name) is None:
            raise _lacks(operator, f"a {name}")
    return tuple(_value(given[name], property) for name in names)


def _lacks(operator: str, what: str) -> errors.Refused:
    return errors.malformed(
        f"Cannot construct instance of `{_FILTER_CLASS}`, problem: operator {operator} requires {what}"
    )


def _value(given: Any, property: Property) -> Stored:
    if isinstance(given, dict | list):
        raise errors.malformed("Cannot deserialize value of type `java.lang.String`")
    text = str(given).lower() if isinstance(given, bool) else str(given)
    if property.type == "number":
        try:
            return float(text) if property.column.type == "real" else int(text)
        except ValueError:
            raise errors.bare(400) from None
    if property.type in ("date", "datetime"):
        at = read_instant(text)
        if at is None:
            raise errors.bare(400)
        return at
    return text


def _sort(given: list[Any], find: Find) -> tuple[Property | None, bool]:
    if not given:
        return None, False
    if len(given) > 1:
        raise errors.invalid(f"Only one sort is allowed; found {len(given)}.")
    one = given[0]
    name, direction = (one, "ASCENDING") if isinstance(one, str) else _sort_parts(one)
    property = find(name)
    if property is None or direction not in ("ASCENDING", "DESCENDING"):
        raise errors.bare(400)
    return property, direction == "DESCENDING"


def _sort_parts(one: Any) -> tuple[str, str]:
    if not isinstance(one, dict) or not isinstance(one.get("propertyName"), str):
        raise errors.malformed("Cannot build Sort, some of required attributes are not set [propertyName]")
    return one["propertyName"], str(one.get("direction", "ASCENDING"))
