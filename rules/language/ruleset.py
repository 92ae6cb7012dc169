"""A checked rule set: what the YAML means, as values that the engine, the proofs and the explanation share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rules.language.condition import Condition, Constant, FieldKind


@dataclass(frozen=True, slots=True)
class Source:
    """Where something stands; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class IfUnknown(StrEnum):
    """What a rule does with an account for which its condition is unknown."""

    SKIP = "skip"
    MATCH = "match"
    REVIEW = "review"
    """The account goes no further: outcome `review`, owner left as it is."""


class Mode(StrEnum):
    """Whether an account that has an active owner is reassigned."""

    REPLACE = "replace"
    ONLY_UNASSIGNED = "only_unassigned"


@dataclass(frozen=True, slots=True)
class ValueList:
    """A list of constants, from a file or inline; values are normalised, distinct and sorted."""

    name: str
    kind: FieldKind
    values: tuple[Constant, ...]
    file: str | None
    sha256: str
    source: Source


@dataclass(frozen=True, slots=True)
class Member:
    """A rep in a pod; `capacity` is the relative weight of the rep's share, 1.0 for full time."""

    email: str
    capacity: float = 1.0


class PodBy(StrEnum):
    """How a pod shares accounts among its eligible members."""

    REMAINING_CAPACITY = "remaining_capacity"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Pod:
    """Reps who share the accounts of the rules that name the pod."""

    name: str
    members: tuple[Member, ...]
    by: PodBy
    source: Source


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; exactly one of `owner` (an email or a CRM id) and `pod` is given, or neither (territory only)."""

    id: str
    level: str
    when: Condition
    territory: str
    role: str
    owner: str | None
    pod: str | None
    if_unknown: IfUnknown
    mode: Mode
    description: str
    source: Source


@dataclass(frozen=True, slots=True)
class Tier:
    """Service level of an account: touches per 90 days (f_tier) and hours per touch (t_tier)."""

    name: str
    touches: float
    hours_per_touch: float


@dataclass(frozen=True, slots=True)
class Band:
    """Accounts with low <= field < high are of this tier; None is open."""

    tier: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Complexity:
    """Adds `weight` to the complexity c_a of every account that meets the condition."""

    name: str
    when: Condition
    weight: float


@dataclass(frozen=True, slots=True)
class Workload:
    """How hours, capacity and coverage are computed (`rules.measure`)."""

    tier_field: str
    """The account field that says the tier, by name or through `bands`."""
    tiers: tuple[Tier, ...]
    bands: tuple[Band, ...]
    """Empty where the field holds the tier's name itself."""
    default_tier: str | None
    """The tier of accounts whose field is missing or fits none; None leaves their hours unknown."""
    complexity: tuple[Complexity, ...] = ()
    travel_hours: float = 0.0
    """travel_a, hours per account per 90 days."""
    hours_per_rep: float = 390.0
    """Selling hours of a full-time rep per 90 days."""
    qualifying: tuple[str, ...] = ("call", "meeting", "email")
    """Activity types that count as a touch."""
    directions: tuple[str, ...] = ()
    """Directions that count; empty counts all."""
    tolerance: float = 0.15
    """Share around the target inside which a rep's load is balanced."""
    potential_field: str = "annual_revenue"
    """The account's revenue potential, a number in the account's own currency."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a rule test expects of one role: decision, rule, territory, owner, pod, or words of the reason.

    Names that are left out are not looked at; None expects that there is none.
    """

    role: str
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An account as raw text, by field, and what must become of it."""

    name: str
    given: Mapping[str, str | None]
    expected: Expected
    source: Source


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything the YAML says, checked: rules stand in the order in which they are tried.

    That is by `levels`, then as written. `hash` covers the meaning-bearing bytes: every rule file and list
    file, so equal hashes decide equally. `fields` gives the kind of every account field that a rule may use.
    """

    rules: tuple[Rule, ...]
    levels: tuple[str, ...]
    lists: Mapping[str, ValueList]
    pods: Mapping[str, Pod]
    fields: Mapping[str, FieldKind]
    timezone: str
    fiscal_year_start: tuple[int, int]
    """Month and day."""
    missing_values: tuple[str, ...]
    """Folded (`rules.language.folding.fold`), sorted; "" is always among them."""
    missing_numbers: Mapping[str, tuple[float, ...]]
    """Per field, numbers that mean missing (0 employees, where declared)."""
    workload: Workload | None
    hash: str
    files: tuple[str, ...] = ()
    roles: tuple[str, ...] = field(default=("AE",))
    """The roles that rules assign, in order of first use."""
    tests: tuple[RuleTest, ...] = ()


AsOf = date
"""The run's day in the rule set's time zone; nothing in `rules` looks at a clock."""
