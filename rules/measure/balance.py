"""How evenly load is spread over reps: the plan-level figures, as plain functions of numbers.

Each takes the reps' load indices `x_r = w_r / target_r` (1.0 is exactly the rep's share by capacity), so reps
of unequal capacity are compared fairly; with equal capacities the figures equal those of the raw loads.
All sums are `math.fsum`, so the order of reps is irrelevant to the last bit. None is "cannot be said".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, sqrt


def targets(total: float, capacities: Mapping[str, float]) -> dict[str, float | None]:
    """target_r = total * capacity_r / sum(capacity), in the unit of `total`; None where no capacity is left.

    Source: quota and workload allocation in proportion to capacity (Zoltners, Sinha, Lorimer 2004, ch. 5).
    """
    whole = fsum(capacities.values())
    return {rep: total * capacity / whole if whole > 0 else None for rep, capacity in capacities.items()}


def deviation(load: float, target: float | None) -> float | None:
    """|w_r - target_r| / target_r as a share (0.1 is 10 % off); None where the target is 0 or unknown."""
    return abs(load - target) / target if target else None


def mean(indices: Sequence[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    return fsum(indices) / len(indices) if indices else None


def coefficient_of_variation(indices: Sequence[float]) -> float | None:
    """CV = sigma / mu with the population standard deviation, >= 0; None where the mean is 0 or there are none.

    Source: any statistics text; population form because all reps are known, not a sample.
    """
    average = mean(indices)
    if not average:
        return None
    return sqrt(fsum((x - average) ** 2 for x in indices) / len(indices)) / average


def gini(indices: Sequence[float]) -> float | None:
    """Gini = mean absolute difference over all ordered pairs / (2 * mean), 0 (equal) to (n-1)/n (one has all).

    Source: C. Gini, 1912; computed in its equal sorted form, sum((2i - n - 1) * x_i) / (n * sum(x)), i from 1.
    None where the mean is 0 or there are none.
    """
    whole = fsum(indices)
    if not whole:
        return None
    n = len(indices)
    return fsum((2 * rank - n - 1) * x for rank, x in enumerate(sorted(indices), start=1)) / (n * whole)


def max_deviation(indices: Sequence[float]) -> float | None:
    """The largest |w_r - target_r| / target_r, as a share; None where there are no reps."""
    return max((abs(x - 1.0) for x in indices), default=None)


def max_min(indices: Sequence[float]) -> float | None:
    """The largest load index over the smallest, >= 1; None where the smallest is 0."""
    return max(indices) / min(indices) if indices and min(indices) > 0 else None


def within(indices: Sequence[float], tolerance: float) -> float | None:
    """The share of reps whose load lies within `tolerance` (0.15 is +-15 %) of target, bounds included.

    A hair (1e-9) is allowed for, so that a load of exactly 115 % counts though 1.15 has no exact binary form.
    """
    if not indices:
        return None
    return sum(abs(x - 1.0) <= tolerance + 1e-9 for x in indices) / len(indices)
