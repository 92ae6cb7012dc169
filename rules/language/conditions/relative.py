"""Days that a document counts from the run's day: "today", "today - 180", "today() + 30"."""

from __future__ import annotations

import re

from rules.language.condition import DaysFromToday

MOST_DAYS = 36_525
"""A hundred years: more is a slip of the finger, and would leave the calendar."""
_FORM = re.compile(r"today(?:\(\))?(?: ?([+-]) ?([0-9]{1,9}))?")


def days_from_today(text: str) -> DaysFromToday | None:
    """The day that the text counts to, None where it does not speak of today."""
    found = _FORM.fullmatch(" ".join(text.split()).lower())
    if found is None:
        return None
    sign, days = found.groups()
    return DaysFromToday(int(days or 0) * (-1 if sign == "-" else 1))
