"""Queries, only from names that describe knows and values that simple-salesforce quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote_plus

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATH = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]*\.){0,5}[A-Za-z][A-Za-z0-9_]*")
"""A field, or a field of a parent."""
LONGEST = 14_000
"""Bytes of a query, quoted, whose address stays under Salesforce's 16,384."""


def select(names: Iterable[str], sobject: str, *conditions: str, order: str = "") -> str:
    """SELECT names FROM sobject WHERE conditions; ValueError for a name that is none."""
    listed = list(dict.fromkeys(names))
    wrong = [name for name in listed if not _PATH.fullmatch(name)]
    wrong += [name for name in (sobject, order) if name and not _NAME.fullmatch(name)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no name of a field or object")
    where = " AND ".join(condition for condition in conditions if condition)
    text = f"SELECT {', '.join(listed)} FROM {sobject}"
    return text + (f" WHERE {where}" if where else "") + (f" ORDER BY {order}" if order else "")


def fits_address(text: str) -> bool:
    """Whether a query can be asked by GET; Bulk takes up to 100,000 characters."""
    return len(quote_plus(text)) <= LONGEST


def count(sobject: str, *conditions: str) -> str:
    """SELECT count() FROM sobject WHERE conditions."""
    return select(["Id"], sobject, *conditions).replace("SELECT Id", "SELECT count()", 1)


def changed_between(lower: datetime, before: datetime) -> str:
    """The condition for records stamped in [lower, before), to the second, as Salesforce keeps stamps."""
    from simple_salesforce.format import format_soql  # lazy: the package takes 0.7 s

    return str(format_soql("SystemModstamp >= {} AND SystemModstamp < {}", lower, before))


def created_since(lower: datetime) -> str:
    """The condition for records made at that moment or later."""
    from simple_salesforce.format import format_soql

    return str(format_soql("CreatedDate >= {}", lower))


def touched_since(paths: Iterable[str], lower: datetime) -> list[str]:
    """The conditions for records of which one of these parents was stamped at this moment or later."""
    from simple_salesforce.format import format_soql

    listed = list(paths)
    if wrong := [path for path in listed if not _PATH.fullmatch(path)]:
        raise ValueError(f"{wrong[0]!r} is no name of a relationship")
    return [f"{path}.SystemModstamp >= " + str(format_soql("{}", lower)) for path in listed]


def any_of(name: str, values: Iterable[str]) -> str:
    """The condition that a field has one of these values."""
    from simple_salesforce.format import format_soql

    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a field")
    return f"{name} IN " + str(format_soql("{}", list(values)))
