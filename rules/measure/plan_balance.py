"""Balance of the plan's reps, from what each carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from math import fsum

from rules.measure import balance
from rules.measure.rollup import EMPTY, Load
from rules.measure.summary import Balance, Basis, Measure, Moment


@dataclass(frozen=True, slots=True)
class Carrying:
    """The reps' loads in one unit, as far as they are known; `n` accounts went into them."""

    loads: Mapping[str, float]
    n: int


UNKNOWN = Carrying({}, 0)


def carrying(loads: Mapping[str, Load], plan: Load, reps: Mapping[str, float], basis: Basis) -> Carrying:
    """What each of the plan's reps carries. A rep whose load is unknown is left out, and shows in n.

    Nothing can be said where no account's load is known, or the plan's currencies are mixed.
    """
    of = hours_of if basis is Basis.HOURS else potential_of
    if of(plan)[0] is None:
        return UNKNOWN
    known = {rep: (value, n) for rep in reps for value, n in [of(loads.get(rep, EMPTY))] if value is not None}
    return Carrying({rep: value for rep, (value, _) in known.items()}, sum(n for _, n in known.values()))


def hours_of(load: Load) -> tuple[float | None, int]:
    """Hours per 90 days, and of how many accounts."""
    return load.hours, load.hours_known


def potential_of(load: Load) -> tuple[float | None, int]:
    """Potential in money, and of how many accounts."""
    return load.potential, load.potential_known


def balance_of(
    carried: Carrying, reps: Mapping[str, float], basis: Basis, moment: Moment, as_of: date, tolerance: float
) -> Balance:
    """Every plan-level figure of one basis at one moment; a rep without capacity has no target and is left out."""
    total = fsum(carried.loads.values())
    aims = balance.targets(total, {rep: reps[rep] for rep in carried.loads})
    ratios = {rep: load / aim for rep, load in carried.loads.items() if (aim := aims[rep])}
    indices = list(ratios.values())

    def measured(name: str, figure: Callable[[list[float]], float | None]) -> Measure:
        return Measure(f"plan.{basis}_{name}", figure(indices), len(indices), as_of)

    return Balance(
        basis=basis,
        moment=moment,
        carried=Measure(f"plan.{basis}_carried", total if carried.loads else None, carried.n, as_of),
        cv=measured("cv", balance.coefficient_of_variation),
        gini=measured("gini", balance.gini),
        max_deviation=measured("max_deviation", balance.max_deviation),
        max_min=measured("max_min", balance.max_min),
        within_tolerance=measured("within_tolerance", lambda x: balance.within(x, tolerance)),
        index={rep: Measure(f"plan.{basis}_index", 100.0 * ratio, 1, as_of) for rep, ratio in ratios.items()},
    )
