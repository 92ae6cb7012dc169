"""What a SOQL query says, once it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

LiteralKind = OneOf["string", "number", "boolean", "null", "date", "datetime", "day"]


@dataclass(frozen=True, slots=True)
class Path:
    """A field, or a field of a parent (`Owner.Name`); `at` is where it stands in the query."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value; `day` is a date literal such as TODAY or LAST_N_DAYS:7, in its text."""

    kind: LiteralKind
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One function over the rows of a group; `path` is None for COUNT()."""

    function: str
    path: Path | None
    at: int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a query with groups returns, under a name of its own where `alias` is given."""

    what: Path | Aggregate
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field, or in HAVING a function, against one value or a list of them, or against another query's ids."""

    path: Path | Aggregate
    operator: str
    values: tuple[Literal, ...]
    inner: Select | None = None


@dataclass(frozen=True, slots=True)
class Junction:
    """Several conditions under one AND or OR."""

    word: OneOf["AND", "OR"]
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT of one condition."""

    part: Condition


Condition = Comparison | Junction | Negation


@dataclass(frozen=True, slots=True)
class Ordering:
    """One field of ORDER BY, or one function of a query with groups."""

    path: Path | Aggregate
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Select:
    """A whole query.

    `counts` is True for COUNT() alone. `items` are what a query with functions or groups returns, `paths` what
    any other one does; `children` are the queries in its SELECT, whose `object` is a relationship's name.
    """

    paths: tuple[Path, ...]
    object: str
    object_at: int
    where: Condition | None
    order: tuple[Ordering, ...]
    limit: int | None
    offset: int
    counts: bool = False
    items: tuple[Item, ...] = ()
    group: tuple[Path, ...] = ()
    having: Condition | None = None
    children: tuple[Select, ...] = ()
