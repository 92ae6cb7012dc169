"""Balance figures against sums done by hand and against their textbook definitions."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.measure import balance

# Squares of smaller numbers than a workload can be vanish.
LOADS = st.lists(st.just(0.0) | st.floats(1e-6, 1e6), min_size=1, max_size=40)


def test_figures_by_hand() -> None:
    """x = 0.5, 1.0, 1.5: mean 1, variance 1/6; differences 0.5, 1, 0.5 each twice over 9 pairs, so 4 / 9 / 2."""
    x = [1.5, 0.5, 1.0]
    assert balance.coefficient_of_variation(x) == pytest.approx((1 / 6) ** 0.5)
    assert balance.gini(x) == pytest.approx(2 / 9)
    assert balance.max_deviation(x) == 0.5
    assert balance.max_min(x) == 3.0
    assert balance.within(x, 0.15) == pytest.approx(1 / 3)


def test_the_edge_of_the_tolerance_is_within_it() -> None:
    assert balance.within([1.15, 0.85, 1.16], 0.15) == pytest.approx(2 / 3)


def test_one_who_has_everything_gives_the_largest_gini_there_is() -> None:
    assert balance.gini([0.0, 0.0, 0.0, 4.0]) == pytest.approx(3 / 4)


def test_what_cannot_be_said_is_none() -> None:
    assert balance.coefficient_of_variation([]) is None
    assert balance.gini([0.0, 0.0]) is None
    assert balance.max_min([0.0, 1.0]) is None
    assert balance.max_deviation([]) is None
    assert balance.within([], 0.1) is None
    assert balance.deviation(1.0, 0.0) is None
    assert balance.targets(10.0, {"a": 0.0}) == {"a": None}


def test_targets_are_in_proportion_to_capacity() -> None:
    assert balance.targets(30.0, {"full": 1.0, "half": 0.5}) == {"full": 20.0, "half": 10.0}


@given(LOADS)
def test_gini_is_the_mean_absolute_difference_over_twice_the_mean(x: list[float]) -> None:
    mean = sum(x) / len(x)
    found = balance.gini(x)
    if not sum(x):
        assert found is None
        return
    difference = sum(abs(a - b) for a in x for b in x) / len(x) ** 2
    assert found == pytest.approx(difference / (2 * mean), abs=1e-9)


@given(LOADS)
def test_cv_is_the_population_standard_deviation_over_the_mean(x: list[float]) -> None:
    found = balance.coefficient_of_variation(x)
    if found is not None:
        assert found == pytest.approx(statistics.pstdev(x) / statistics.fmean(x), rel=1e-6, abs=1e-9)


@given(LOADS, st.randoms(use_true_random=False))
def test_the_order_of_reps_is_irrelevant_to_the_last_bit(x: list[float], chance: random.Random) -> None:
    shuffled = chance.sample(x, len(x))
    for figure in (balance.gini, balance.coefficient_of_variation, balance.max_deviation, balance.max_min):
        assert figure(x) == figure(shuffled)
