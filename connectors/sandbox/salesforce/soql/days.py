"""Date literals such as LAST_N_WEEKS:4: which days they are, in an org whose weeks begin on Sunday and whose fiscal
year is the calendar year."""

from __future__ import annotations

from datetime import date, timedelta

_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def span(word: str, today: date) -> tuple[date, date]:
    """The first day, and the day after the last.

    LAST_N_DAYS:n is the n days before today, and today; of longer units LAST_N and NEXT_N leave the current one out.
    """
    name, _, count = word.replace("FISCAL_", "").partition(":")
    first, last, unit = _offsets(name, int(count or 1))
    return _start(unit, today, first), _start(unit, today, last)


def _offsets(name: str, count: int) -> tuple[int, int, str]:
    """From which unit, counted from the current one, up to which, and the unit."""
    if name in ("TODAY", "YESTERDAY", "TOMORROW"):
        day = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}[name]
        return day, day + 1, "DAY"
    if name.endswith("_90_DAYS"):
        return (-90, 1, "DAY") if name.startswith("LAST") else (1, 91, "DAY")
    words = name.split("_")
    if words[0] == "N":
        return -count, 1 - count, words[1].removesuffix("S")
    unit = words[-1].removesuffix("S")
    if words[0] == "THIS":
        return 0, 1, unit
    if words[0] == "NEXT":
        return 1, 1 + count, unit
    return -count, int(unit == "DAY" and "N" in words), unit


def _start(unit: str, today: date, offset: int) -> date:
    """The first day of the unit so many units from the one of today."""
    if unit == "DAY":
        return today + timedelta(days=offset)
    if unit == "WEEK":
        return today - timedelta(days=today.isoweekday() % 7) + timedelta(weeks=offset)
    months = _MONTHS[unit]
    month = (today.year * 12 + today.month - 1) // months * months + offset * months
    return date(month // 12, month % 12 + 1, 1)
