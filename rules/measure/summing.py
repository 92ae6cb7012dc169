"""The summary of a plan, from the loads and touches that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.language.ruleset import RuleSet
from rules.measure.plan_balance import balance_of, carrying
from rules.measure.rollup import Loads
from rules.measure.summary import Balance, Basis, Measure, MeasureSummary, Moment
from rules.measure.tables_made import Touches
from rules.measure.touches import LONG, SHORT, UNDECLARED
from rules.measure.window import days_to


@dataclass(frozen=True, slots=True)
class Summing:
    """Everything the summary is made of."""

    rules: RuleSet
    role: str
    loads: Loads
    reps: Mapping[str, float]
    touches: Touches | None
    as_of: date

    def summary(self) -> MeasureSummary:
        """The plan in numbers."""
        plan = self.loads.plan
        return MeasureSummary(
            as_of=self.as_of,
            timezone=self.rules.timezone,
            role=self.role,
            accounts=self.now("accounts", plan.accounts, plan.accounts),
            hours=self.now("hours", plan.hours, plan.hours_known),
            reps_needed=self.now("reps_needed", self.reps_needed(), plan.hours_known),
            potential=self.now("potential", plan.potential, plan.potential_known),
            coverage=Measure(
                "plan.coverage", plan.coverage, plan.accounts, self.as_of, days_to(self.as_of, LONG)
            ),
            touches_30d=self.touched(SHORT),
            touches_90d=self.touched(LONG),
            hours_before=self.balance(Basis.HOURS, Moment.BEFORE),
            hours_after=self.balance(Basis.HOURS, Moment.AFTER),
            potential_before=self.balance(Basis.POTENTIAL, Moment.BEFORE),
            potential_after=self.balance(Basis.POTENTIAL, Moment.AFTER),
        )

    def now(self, name: str, value: float | None, n: int) -> Measure:
        """A number of the plan as it stands on the as-of day."""
        return Measure(f"plan.{name}", value, n, self.as_of)

    def reps_needed(self) -> float | None:
        """N = sum of h_a / selling hours per rep, in full-time reps (workload method, Talley 1961)."""
        workload, hours = self.rules.workload, self.loads.plan.hours
        return hours / workload.hours_per_rep if workload and hours is not None else None

    def touched(self, days: int) -> Measure:
        """Distinct touches of everybody in the window."""
        window = days_to(self.as_of, days)
        if self.touches is None:
            return Measure(f"plan.touches_{days}d", None, 0, self.as_of, window)
        total = sum(pair[0 if days == SHORT else 1] for pair in self.touches.values())
        return Measure(f"plan.touches_{days}d", total, total, self.as_of, window)

    def balance(self, basis: Basis, moment: Moment) -> Balance:
        """One of the four balances."""
        loads = self.loads.before if moment is Moment.BEFORE else self.loads.after
        carried = carrying(loads, self.loads.plan, self.reps, basis)
        tolerance = (self.rules.workload or UNDECLARED).tolerance
        return balance_of(carried, self.reps, basis, moment, self.as_of, tolerance)
