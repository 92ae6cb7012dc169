"""Arithmetic over an account's fields: what derived fields are computed by.

Values are numbers, dates, booleans, text or missing. Missing makes everything missing that it goes into, but
for `Coalesce` and the untaken branches of a `Case`; so do a division by zero and a result that is not finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.language.condition import Condition, Constant


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; numbers are doubles."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Column:
    """The normalised value of a field: a number, money in the rule set's currency, a date or a boolean."""

    field: str


@dataclass(frozen=True, slots=True)
class Today:
    """The run's as-of date; `rules.language.today.on_day` puts the date in its place."""


class Operator(StrEnum):
    """Of numbers; a date minus a date is days, a date plus or minus a number of days is a date."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIVIDED_BY = "/"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two parts and what is done with them, in doubles."""

    operator: Operator
    left: Expression
    right: Expression


class Function(StrEnum):
    """Functions that derived fields may call."""

    COALESCE = "coalesce"
    """The first part that is not missing."""
    LEAST = "least"
    GREATEST = "greatest"
    ABS = "abs"
    FLOOR = "floor"
    CEIL = "ceil"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its parts; least and greatest are missing where one part is."""

    function: Function
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What a case is where the condition is true."""

    when: Condition
    then: Expression


@dataclass(frozen=True, slots=True)
class Case:
    """The first branch whose condition is true, else `otherwise`; an unknown condition is not true."""

    branches: tuple[Branch, ...]
    otherwise: Expression | None


Expression = Literal | Column | Today | Arithmetic | Call | Case
