"""On which days something counts: the first and the last one are named in each case."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rules.language.active import Active, FiscalWindow, Period
from rules.language.condition import All, Any, Between, DaysFromToday, Not
from rules.language.people import Absence, Ramp, Rep
from rules.language.ruleset import Complexity, Tier, Workload
from rules.language.today import condition_on, on_day
from tests.rules.engine.worlds import rule, rule_set

DAY = date(2026, 11, 23)
JANUARY, FEBRUARY_29 = (1, 1), (2, 29)


def _days(active: Active, first: date, last: date, year_start: tuple[int, int] = JANUARY) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if active.holds_on(day, year_start)]


def test_both_the_first_and_the_last_day_count() -> None:
    active = Active(since=date(2026, 3, 2), until=date(2026, 3, 4))
    assert _days(active, date(2026, 2, 25), date(2026, 3, 10)) == [date(2026, 3, n) for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("window", "counted"),
    [
        (FiscalWindow(Period.MONTH, first_days=2), [date(2026, 5, 1), date(2026, 5, 2)]),
        (FiscalWindow(Period.MONTH, last_days=2), [date(2026, 4, 29), date(2026, 4, 30)]),
        (FiscalWindow(Period.QUARTER, first_days=1), []),
    ],
)
def test_a_window_has_as_many_days_as_it_says(window: FiscalWindow, counted: list[date]) -> None:
    assert _days(Active(fiscal=window), date(2026, 4, 20), date(2026, 5, 10)) == counted


def test_fiscal_quarters_begin_where_the_year_does() -> None:
    last = Active(fiscal=FiscalWindow(Period.QUARTER, last_days=1))
    assert _days(last, date(2026, 1, 1), date(2026, 12, 31), (2, 1)) == [
        date(2026, 1, 31), date(2026, 4, 30), date(2026, 7, 31), date(2026, 10, 31)
    ]  # fmt: skip
    first = Active(fiscal=FiscalWindow(Period.YEAR, first_days=1))
    assert _days(first, date(2027, 1, 1), date(2028, 12, 31), FEBRUARY_29) == [
        date(2027, 2, 28), date(2028, 2, 29)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("active", "end"),
    [
        (Active(), None),
        (Active(until=date(2026, 12, 1)), date(2026, 12, 1)),
        (Active(fiscal=FiscalWindow(Period.MONTH, first_days=25)), date(2026, 11, 25)),
        (Active(fiscal=FiscalWindow(Period.MONTH, first_days=99)), date(2026, 11, 30)),
        (Active(fiscal=FiscalWindow(Period.MONTH, last_days=10)), date(2026, 11, 30)),
        (Active(until=date(2026, 11, 24), fiscal=FiscalWindow(Period.MONTH, last_days=10)), date(2026, 11, 24)),
    ],
)  # fmt: skip
def test_the_end_that_is_told_is_the_last_day_that_counts(active: Active, end: date | None) -> None:
    assert active.ends_on(DAY, JANUARY) == end
    if end is not None:
        assert active.holds_on(end, JANUARY)


def test_a_month_of_a_ramp_is_over_on_the_day_of_its_start() -> None:
    ramp = Ramp(date(2026, 1, 15), (0.25, 0.5))
    days = [date(2026, 1, 14), date(2026, 1, 15), date(2026, 2, 14), date(2026, 2, 15), date(2026, 3, 15)]
    assert [ramp.share_on(day) for day in days] == [0.0, 0.25, 0.25, 0.5, 1.0]


def test_the_last_day_is_still_worked() -> None:
    rep = Rep("a@example.com", last_day=DAY, absences=(Absence(DAY, DAY),))
    assert not rep.has_left(DAY)
    assert rep.has_left(DAY + timedelta(days=1))


def test_days_from_today_are_counted_from_the_run_s_day_wherever_they_stand() -> None:
    relative = Between("signed_on", DaysFromToday(-180), DaysFromToday(1))
    fixed = Between("signed_on", date(2026, 5, 27), date(2026, 11, 24))
    assert condition_on(Any((Not(relative), All((relative,)))), DAY) == Any((Not(fixed), All((fixed,))))
    weight = Complexity("new", relative, 0.5)
    tiers = (Tier("a", 1.0, 1.0),)
    rules = rule_set(rule(when=relative), workload=Workload("tier", tiers, (), None, complexity=(weight,)))
    today = on_day(rules, DAY)
    assert today.rules[0].when == fixed
    assert today.workload is not None
    assert today.workload.complexity[0].when == fixed
