"""The catalogue of KPIs: what every number means, in one place for CRM field help, reports and docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class KpiLevel(StrEnum):
    """What one value belongs to."""

    ACCOUNT = "account"
    REP = "rep"
    TERRITORY = "territory"
    PLAN = "plan"


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    TARGET = "target"
    """Near the target value; both sides are worse."""
    NONE = "none"
    """A description, not a goal."""


class Unit(StrEnum):
    """What a value is counted in."""

    TEXT = "text"
    COUNT = "count"
    HOURS = "hours per 90 days"
    SHARE = "share, 1 = 100 %"
    RATIO = "ratio"
    MONEY = "money"
    DATE = "date"
    DAYS = "days"
    FLAG = "yes or no"
    INDEX = "index, 100 = target"
    PEOPLE = "full-time reps"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One definition. `window` is in days and ends with the as-of day; None is the state on that day."""

    level: KpiLevel
    name: str
    """The column of its table, or the field of the summary."""
    unit: Unit
    window: int | None
    direction: Direction
    formula: str
    label: str
    description: str
    """What a CRM user reads in the field's help, at most 255 characters."""

    @property
    def id(self) -> str:
        """The id by which reports and summaries cite it, such as "account.touches_90d"."""
        return f"{self.level}.{self.name}"


HELP_LENGTH = 255
"""The longest field help that both CRMs store (Salesforce inline help text; seen 2026-03, v62)."""

_A, _R, _T, _P = KpiLevel.ACCOUNT, KpiLevel.REP, KpiLevel.TERRITORY, KpiLevel.PLAN
_UP, _DOWN, _TARGET, _NONE = Direction.UP, Direction.DOWN, Direction.TARGET, Direction.NONE


def _by_type(kind: str, days: int) -> Kpi:
    return Kpi(
        _A, f"{kind}s_{days}d", Unit.COUNT, days, _UP,
        f"activities of type {kind}, of a counted direction, linked to the account in the window",
        f"{kind.capitalize()}s, {days} days",
        f"{kind.capitalize()}s with this account in the {days} days up to and including the as-of day. Counted whether or not the rules count the type as a touch.",
    )  # fmt: skip


def _touches(days: int) -> Kpi:
    return Kpi(
        _A, f"touches_{days}d", Unit.COUNT, days, _UP,
        "activities of a qualifying type and counted direction linked to the account in the window",
        f"Touches, {days} days",
        f"Qualifying touches of this account in the {days} days up to and including the as-of day; the territory rules say which activity types and directions qualify. Empty when no activities are read.",
    )  # fmt: skip


_ACCOUNT = (
    Kpi(
        _A, "tier", Unit.TEXT, None, _NONE,
        "the first band [low, high) that holds the tier field, or the tier the field names; else the default tier",
        "Service tier",
        "The service tier that the territory rules give this account; it sets planned touches and hours. Empty when the tier cannot be told.",
    ),
    Kpi(
        _A, "workload_hours", Unit.HOURS, None, _NONE,
        "h_a = f_tier * t_tier * c_a + travel_a; c_a = 1 + sum of the weights of the complexities met",
        "Workload hours",
        "Planned hours per 90 days: touches of the tier x hours per touch x complexity + travel. Empty when the tier is not known.",
    ),
    _touches(30), _touches(90),
    _by_type("call", 30), _by_type("email", 30), _by_type("meeting", 30),
    _by_type("call", 90), _by_type("email", 90), _by_type("meeting", 90),
    Kpi(
        _A, "last_touch", Unit.DATE, None, _UP,
        "local date of the latest qualifying touch on or before the as-of day",
        "Last touch",
        "Date of the latest qualifying touch, in the territory rules' time zone. Empty when there is none, or no activities are read.",
    ),
    Kpi(
        _A, "days_since_touch", Unit.DAYS, None, _DOWN,
        "as-of day - last touch",
        "Days since touch",
        "Days from the last qualifying touch to the as-of day; 0 is the same day. Empty when there was none.",
    ),
    Kpi(
        _A, "covered", Unit.FLAG, 90, _UP,
        "touches in 90 days >= 1",
        "Covered",
        "Whether this account had at least one qualifying touch in the 90 days up to and including the as-of day. Empty when no activities are read.",
    ),
)  # fmt: skip

_SHARED = (
    ("accounts", Unit.COUNT, None, _NONE, "number of accounts", "Accounts", "Accounts {of} under the plan."),
    ("hours", Unit.HOURS, None, _NONE, "W = sum of h_a over accounts whose hours are known", "Workload hours",
     "Workload hours per 90 days of the accounts {of} under the plan, over those whose hours are known."),
    ("covered_accounts", Unit.COUNT, 90, _UP, "number of accounts with covered = yes", "Covered accounts",
     "Accounts {of} with at least one qualifying touch in the window. Empty when no activities are read."),
    ("coverage", Unit.SHARE, 90, _UP, "coverage = accounts with >= 1 qualifying touch in the window / accounts",
     "Coverage", "Share of the accounts {of} with at least one qualifying touch in the window. Empty without accounts or activities."),
    ("potential", Unit.MONEY, None, _NONE, "sum of the potential field over accounts where it is known", "Potential",
     "Revenue potential of the accounts {of}, over those where it is known. Empty when none is, or currencies are mixed."),
)  # fmt: skip


def _shared(level: KpiLevel, of: str) -> dict[str, Kpi]:
    return {
        name: Kpi(level, name, unit, window, direction, formula, label, text.format(of=of))
        for name, unit, window, direction, formula, label, text in _SHARED
    }


def _reps() -> tuple[Kpi, ...]:
    shared = _shared(_R, "of this rep")
    own = (
        Kpi(_R, "capacity_hours", Unit.HOURS, None, _NONE,
            "capacity_r = hours_per_rep * FTE_r; FTE_r is the rep's declared capacity, else 1",
            "Capacity hours", "Selling hours of this rep per 90 days. Empty for owners whom no rule of the plan names."),
        Kpi(_R, "utilisation", Unit.SHARE, None, _TARGET, "u_r = W_r / capacity_r", "Utilisation",
            "Workload hours as a share of capacity hours: 1.0 is a full book, more is overload."),
        Kpi(_R, "target_hours", Unit.HOURS, None, _NONE,
            "target_r = total * capacity_r / sum of capacity, total = hours on the plan's reps",
            "Target hours", "This rep's fair share of the workload that the plan's reps carry, in proportion to capacity."),
        Kpi(_R, "deviation", Unit.SHARE, None, _DOWN, "|W_r - target_r| / target_r", "Deviation from target",
            "How far the rep's workload lies from its target, as a share of the target; 0.15 is 15 % off, either way."),
        Kpi(_R, "touches_30d", Unit.COUNT, 30, _UP, "distinct qualifying activities of the rep in the window",
            "Touches, 30 days", "Qualifying activities by this rep in the window; one linked to several accounts counts once."),
        Kpi(_R, "touches_90d", Unit.COUNT, 90, _UP, "distinct qualifying activities of the rep in the window",
            "Touches, 90 days", "Qualifying activities by this rep in the window; one linked to several accounts counts once."),
    )  # fmt: skip
    return (*shared.values(), *own)


def _balance(basis: str, what: str) -> tuple[Kpi, ...]:
    load = "x_r = w_r / target_r over the plan's reps"
    unit = Unit.HOURS if basis == "hours" else Unit.MONEY
    return (
        Kpi(_P, f"{basis}_carried", unit, None, _NONE, "sum of w_r over the plan's reps", f"{what} carried",
            f"{what} on the accounts of the plan's reps; the rest lies with other owners or with nobody."),
        Kpi(_P, f"{basis}_cv", Unit.RATIO, None, _DOWN, f"CV = sigma / mu (population) of {load}", f"{what}: variation",
            f"Coefficient of variation of the reps' {what.lower()} against target; 0 is perfectly even."),
        Kpi(_P, f"{basis}_gini", Unit.RATIO, None, _DOWN, f"Gini = mean absolute difference / (2 * mean) of {load}",
            f"{what}: Gini", f"Gini coefficient of the reps' {what.lower()} against target; 0 is even, near 1 one rep has all."),
        Kpi(_P, f"{basis}_max_deviation", Unit.SHARE, None, _DOWN, "max over reps of |w_r - target_r| / target_r",
            f"{what}: largest deviation", f"The largest distance of a rep's {what.lower()} from target, as a share of the target."),
        Kpi(_P, f"{basis}_max_min", Unit.RATIO, None, _DOWN, f"max / min of {load}", f"{what}: largest to smallest",
            "The fullest book over the emptiest, against target; 1 is even. Empty when a rep has nothing."),
        Kpi(_P, f"{basis}_within_tolerance", Unit.SHARE, None, _UP, "reps with |w_r - target_r| / target_r <= tolerance / reps",
            f"{what}: within tolerance", f"Share of reps whose {what.lower()} lies within the declared tolerance around target."),
        Kpi(_P, f"{basis}_index", Unit.INDEX, None, _TARGET, "100 * w_r / target_r", f"{what}: index",
            f"A rep's {what.lower()} as an index: 100 is exactly the share that the rep's capacity asks for."),
    )  # fmt: skip


def _plan() -> tuple[Kpi, ...]:
    shared = _shared(_P, "in the plan")
    shared.pop("covered_accounts")
    own = (
        Kpi(_P, "reps_needed", Unit.PEOPLE, None, _NONE,
            "N = sum of h_a / selling hours per rep (workload method, Talley 1961)",
            "Reps needed", "Full-time reps whom the plan's workload asks for: workload hours / selling hours per rep."),
        Kpi(_P, "touches_30d", Unit.COUNT, 30, _UP, "distinct qualifying activities in the window", "Touches, 30 days",
            "Qualifying activities in the window; one linked to several accounts counts once."),
        Kpi(_P, "touches_90d", Unit.COUNT, 90, _UP, "distinct qualifying activities in the window", "Touches, 90 days",
            "Qualifying activities in the window; one linked to several accounts counts once."),
    )  # fmt: skip
    return (*shared.values(), *own, *_balance("hours", "Workload"), *_balance("potential", "Potential"))


DEFINITIONS: Mapping[str, Kpi] = {
    kpi.id: kpi for kpi in (*_ACCOUNT, *_reps(), *_shared(_T, "of this territory").values(), *_plan())
}
"""Every KPI by id: those of accounts, reps, territories, then of the plan."""


def definitions_of(level: KpiLevel) -> tuple[Kpi, ...]:
    """The KPIs of one level, in the catalogue's order."""
    return tuple(kpi for kpi in DEFINITIONS.values() if kpi.level is level)
