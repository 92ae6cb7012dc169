"""Which day it is where the rules count days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rules.language.ruleset import RuleSet
    from sync.session import Session


def today_of(session: Session, rules: RuleSet) -> date:
    """The day that it is now in the rule set's time zone."""
    return session.now().astimezone(ZoneInfo(rules.timezone)).date()
