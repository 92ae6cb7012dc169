"""The few pieces of SQL text that the plan is put together from."""

from __future__ import annotations

import math
from collections.abc import Iterable


def name(identifier: str) -> str:
    """A column or table name, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def literal(value: int | float) -> str:
    """A number literal of its own type: a double is never read as a decimal."""
    if isinstance(value, int):
        return str(value)
    if math.isinf(value):
        return f"CAST('{'-' if value < 0 else ''}Infinity' AS DOUBLE)"
    return f"CAST('{value!r}' AS DOUBLE)"


def member_of(column: str, allowed: int) -> str:
    """Whether an integer column is in a set of classes, as ranges."""
    terms = [
        f"{column} = {first}" if first == last else f"{column} BETWEEN {first} AND {last}"
        for first, last in _runs(allowed)
    ]
    return f"({' OR '.join(terms)})" if terms else "FALSE"


def _runs(allowed: int) -> Iterable[tuple[int, int]]:
    """Consecutive set bits as (first, last)."""
    bit = 0
    while allowed:
        zeros = (allowed & -allowed).bit_length() - 1
        bit, allowed = bit + zeros, allowed >> zeros
        ones = (~allowed & (allowed + 1)).bit_length() - 1
        yield bit, bit + ones - 1
        bit, allowed = bit + ones, allowed >> ones
