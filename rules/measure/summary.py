"""What `measure` answers about the whole plan; every number says what it is, over what, and of how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from rules.measure.window import Window


class Basis(StrEnum):
    """What is balanced; the two conflict, so both are always shown."""

    HOURS = "hours"
    POTENTIAL = "potential"


class Moment(StrEnum):
    """Whose accounts are counted as whose."""

    BEFORE = "before"
    """The present owners."""
    AFTER = "after"
    """The owners of the assignments; where they leave an account alone, its present owner."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One number; None is unknown, never 0.

    `definition` is the id of its entry in `rules.measure.definitions`, `n` how many accounts, reps or
    activities it was computed from, `window` the days looked at (None: the state at `as_of`).
    """

    definition: str
    value: float | None
    n: int
    as_of: date
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Plan-level balance over the plan's reps: those whom a rule names and who are active persons.

    `carried` is the load on these reps, in hours or money; the rest of the plan lies with owners outside it or
    with nobody. `index` is 100 * w_r / target_r by owner id: 100 is exactly the rep's share by capacity.
    """

    basis: Basis
    moment: Moment
    carried: Measure
    cv: Measure
    gini: Measure
    max_deviation: Measure
    max_min: Measure
    within_tolerance: Measure
    index: Mapping[str, Measure]

    def measures(self) -> Iterator[Measure]:
        """The plan-level numbers, without the indices of single reps."""
        yield from (
            self.carried,
            self.cv,
            self.gini,
            self.max_deviation,
            self.max_min,
            self.within_tolerance,
        )


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """The plan in numbers; the tables behind it are the three KPI files."""

    as_of: date
    timezone: str
    role: str
    """The role whose assignment is the account's owner."""
    accounts: Measure
    hours: Measure
    """Workload of all accounts per 90 days, summed over those whose hours are known (n of them)."""
    reps_needed: Measure
    """Reps that the workload asks for, by the workload method."""
    potential: Measure
    """Revenue potential of all accounts, in the accounts' one currency; None where currencies are mixed."""
    coverage: Measure
    touches_30d: Measure
    """Distinct activities, however many accounts each is linked to."""
    touches_90d: Measure
    hours_before: Balance
    hours_after: Balance
    potential_before: Balance
    potential_after: Balance

    def balances(self) -> tuple[Balance, Balance, Balance, Balance]:
        """Hours before and after, then potential before and after."""
        return (self.hours_before, self.hours_after, self.potential_before, self.potential_after)

    def measures(self) -> Iterator[Measure]:
        """Every plan-level number: those of the plan, then those of the four balances."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, Measure):
                yield value
        for balance in self.balances():
            yield from balance.measures()
