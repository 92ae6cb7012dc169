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
class Comparison:
    """One field against one value, or a list of them for `IN` and `NOT IN`."""

    path: Path
    operator: str
    values: tuple[Literal, ...]


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
    """One field of ORDER BY."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Select:
    """A whole query. `count` is "()" for COUNT(), the counted path for COUNT(Id), None for rows."""

    paths: tuple[Path, ...]
    count: Path | OneOf["()"] | None
    object: str
    object_at: int
    where: Condition | None
    order: tuple[Ordering, ...]
    limit: int | None
    offset: int
