"""A checked rule set: what the YAML means, as values that the engine, the proofs and the explanation share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rules.language.active import ALWAYS_ACTIVE, Active
from rules.language.condition import Condition, Constant, FieldKind
from rules.language.derived import Derived
from rules.language.people import Pod, Rep
from rules.language.place import Source

EXCEPTIONS = "exceptions"
"""The level above all others, of the rules made of `exceptions:`; no document may declare it."""


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


class Action(StrEnum):
    """What becomes of an account that a rule takes."""

    ASSIGN = "assign"
    KEEP = "keep"
    """A hold: a present owner who can own stays, and the territory is what it would be without the hold.

    An account without such an owner is not held: the rule beneath decides."""
    FOLLOW = "follow"
    """The account goes where its ultimate parent goes; it takes only accounts that have one."""


@dataclass(frozen=True, slots=True)
class ExceptionNote:
    """Who made an exception, and why."""

    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; exactly one of `owner` (an email or a CRM id) and `pod` is given, or neither (territory only).

    Rules that keep or follow have no owner and no pod, and their `territory` is empty.
    """

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
    action: Action = Action.ASSIGN
    active: Active = ALWAYS_ACTIVE
    over: tuple[str, ...] = ()
    """Ids of rules of the same level that it is meant to win over: the proofs do not call that an overlap."""
    hold_days: int | None = None
    """Of a rule that keeps: for how many days at most, from the first night on which its condition was true of the
    account. It holds again once the condition has not been true for a night."""
    exception: ExceptionNote | None = None
    """Given for rules made of `exceptions:`, whose level is `EXCEPTIONS`."""

    @property
    def borrows_territory(self) -> bool:
        """Whether its accounts have the territory of the next rule that has one: holds, and bare exceptions."""
        return self.action is Action.KEEP or (self.action is Action.ASSIGN and not self.territory)


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
class Family:
    """Who belongs together: up the parent field, to an account without one."""

    parent_field: str = "parent_id"
    most_levels: int = 20
    """A chain that is longer, or a circle, is nobody's family: its accounts are reviewed where they follow."""


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts in one currency: `fields` times the rate of what `currency_field` holds, at a pinned day."""

    currency: str
    fields: tuple[str, ...]
    currency_field: str
    rates: Mapping[str, float]
    """What one unit of a currency is worth in `currency`; that one is 1. Upper-case ISO 4217."""
    day: date
    """The day of the rates, declared in the rules: no account moves because a rate did."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What is known of a field's values, for the proofs."""

    required: bool = False
    """It is never missing."""
    values: tuple[Constant, ...] | None = None
    """There are no others, where given; normalised."""


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
    account: str | None = None
    """A golden account: the CRM's id of it, whose values come from the last snapshot; `given` is empty then."""


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
    """Folded (`rules.language.values.folding.fold`), sorted; "" is always among them."""
    missing_numbers: Mapping[str, tuple[float, ...]]
    """Per field, numbers that mean missing (0 employees, where declared)."""
    workload: Workload | None
    hash: str
    files: tuple[str, ...] = ()
    roles: tuple[str, ...] = field(default=("AE",))
    """The roles that rules assign, in order of first use."""
    tests: tuple[RuleTest, ...] = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)
    """In an order in which each uses only those before it; `fields` has their kinds too."""
    reps: Mapping[str, Rep] = field(default_factory=dict)
    """By case-folded email."""
    holders: Mapping[str, str] = field(default_factory=dict)
    """Role to the account field with its present owner; a role that is not here has none, but the first
    one's is `owner_id` unless said otherwise."""
    synonyms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Per field of text: folded spelling to the folded one it stands for."""
    family: Family = Family()
    money: Money | None = None
    domains: Mapping[str, Domain] = field(default_factory=dict)


def holders_of(rules: RuleSet) -> dict[str, str]:
    """Role to the account field with its present owner, `owner_id` for the first role unless said otherwise."""
    return {**dict.fromkeys(rules.roles[:1], "owner_id"), **rules.holders}


AsOf = date
"""The run's day in the rule set's time zone; nothing in `rules` looks at a clock."""
