"""The three-valued condition tree: what both spellings of a rule become.

A leaf compares one field with constants and is true, false or unknown (the field is missing); `All`, `Any`
and `Not` combine them by Kleene's strong logic. Constants are normalised already, as the field's kind says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Constant = str | int | float | bool | date


@dataclass(frozen=True, slots=True, order=True)
class DaysFromToday:
    """A day relative to the run's as-of date: -90 is ninety days ago.

    Only loading makes these; `rules.language.today.on_day` puts dates in their place, and everything that
    decides about accounts works on what comes out.
    """

    days: int


Bound = float | date | DaysFromToday


class FieldKind(StrEnum):
    """How values of a field are compared; normalisation is in `rules.language.values.normalise`."""

    TEXT = "text"
    """NFKC, trimmed, white space folded, case-folded."""
    ID = "id"
    """Exactly as it stands."""
    COUNTRY = "country"
    """ISO 3166-1 alpha-2."""
    STATE = "state"
    """ISO 3166-2 under its country ("US-CA"); missing where the country is."""
    POSTAL_CODE = "postal_code"
    """Country and code ("US-02116", "GB-SW1A"); missing where the country is."""
    DOMAIN = "domain"
    """Registrable domain, lower case; free-mail domains are missing."""
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MULTI_SELECT = "multi_select"
    """Several texts, ";" between them, as both CRMs store them; a test is true where one of them passes it."""
    NAICS = "naics"
    """Industry code of 2 to 6 digits, compared as text; a prefix is its sector."""
    SIC = "sic"
    """Industry code of 4 digits, lost leading zeros restored; a prefix is its major group."""


@dataclass(frozen=True, slots=True)
class In:
    """The field is one of these values; `eq` is one value, `not_in` is `Not(In(...))`."""

    field: str
    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class InList:
    """The field is in the named list of the rule set."""

    field: str
    list: str


@dataclass(frozen=True, slots=True)
class Between:
    """low <= field < high by default; a bound that is None is open."""

    field: str
    low: Bound | None = None
    high: Bound | None = None
    low_included: bool = True
    high_included: bool = False


@dataclass(frozen=True, slots=True)
class HasPrefix:
    """The normalised text of the field begins with one of these."""

    field: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """The whole normalised text of the field fits the pattern: `%` is any run of characters, `_` any one.

    There is no escape and nothing else, so that a match takes linear time.
    """

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class IsMissing:
    """The field is missing: never unknown itself."""

    field: str


@dataclass(frozen=True, slots=True)
class All:
    """Every part is true; true when empty."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part is true; false when empty."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is false; unknown stays unknown."""

    part: Condition


Test = In | InList | Between | HasPrefix | Like | IsMissing
Condition = Test | All | Any | Not
ALWAYS = All(())
