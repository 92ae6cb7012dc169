"""Days on which a rule counts: dates, and windows of the fiscal calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Period(StrEnum):
    """A stretch of the fiscal calendar."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


@dataclass(frozen=True, slots=True)
class FiscalWindow:
    """The first or the last days of every fiscal month, quarter or year; one of the two is given."""

    period: Period
    first_days: int | None = None
    last_days: int | None = None


@dataclass(frozen=True, slots=True)
class Active:
    """From `since` to `until`, both days included, and inside the fiscal window; what is None does not limit."""

    since: date | None = None
    until: date | None = None
    fiscal: FiscalWindow | None = None

    def holds_on(self, day: date, fiscal_year_start: tuple[int, int]) -> bool:
        """Whether the day is one of them."""
        if (self.since and day < self.since) or (self.until and day > self.until):
            return False
        return self.fiscal is None or _is_inside(self.fiscal, day, fiscal_year_start)

    def ends_on(self, day: date, fiscal_year_start: tuple[int, int]) -> date | None:
        """The last day of the window that the day lies in, None where it has no end."""
        if self.fiscal is None:
            return self.until
        first, following = period_of(day, self.fiscal.period, fiscal_year_start)
        end = following - timedelta(days=1)
        if self.fiscal.first_days is not None:
            end = min(end, first + timedelta(days=self.fiscal.first_days - 1))
        return min(end, self.until) if self.until else end


ALWAYS_ACTIVE = Active()


def period_of(day: date, period: Period, fiscal_year_start: tuple[int, int]) -> tuple[date, date]:
    """First day of the fiscal period that the day lies in, and first day of the next one.

    A fiscal year that starts on the 29th to 31st has periods that start on a month's last day where the month
    is shorter.
    """
    month, start = fiscal_year_start
    steps = MONTHS[period]
    index = day.year * 12 + day.month - month
    index -= index % steps
    first = _day(index + month - 1, start)
    if day < first:
        return _day(index - steps + month - 1, start), first
    following = _day(index + steps + month - 1, start)
    return (first, following) if day < following else (following, _day(index + 2 * steps + month - 1, start))


def _day(months: int, day: int) -> date:
    """The day of the month that is so many months after January of year 0, or the month's last day."""
    year, month = divmod(months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(
        date(year, month + 1, min(day, 28)) + timedelta(days=max(0, day - 28)),
        first_of_next - timedelta(days=1),
    )


def _is_inside(window: FiscalWindow, day: date, fiscal_year_start: tuple[int, int]) -> bool:
    first, following = period_of(day, window.period, fiscal_year_start)
    if window.first_days is not None:
        return (day - first).days < window.first_days
    return window.last_days is None or (following - day).days <= window.last_days
