"""Holds that end by themselves: since when each account is held, from night to night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rules.engine.memory import remembered
from rules.engine.relations import Database
from rules.engine.sql import text
from rules.language.ruleset import Rule


def lay_holds(database: Database, timed: Sequence[Rule]) -> None:
    """Makes `since_<n>` for the n-th hold that ends by itself: the first night of every account, from `memory`."""
    for number, rule in enumerate(timed):
        database.view(
            f"since_{number}",
            f'SELECT account_id AS "id of held", since AS "held since" FROM memory WHERE key = {text(key_of(rule))}',
        )


def hold_memory(timed: Sequence[Rule], as_of: date) -> list[str]:
    """Queries of what the next night must know of them, for `write_memory`; over `decided`.

    The first night is that on which the rule's condition became true, whoever decided about the account.
    """
    tonight = f"DATE '{as_of.isoformat()}'"
    return [
        remembered(
            text(key_of(rule)),
            "NULL",
            f'least(coalesce("held since", {tonight}), {tonight})',
            f'decided LEFT JOIN since_{number} ON "id of held" = id WHERE asked_{number}',
        )
        for number, rule in enumerate(timed)
    ]


def key_of(rule: Rule) -> str:
    """The key of a hold in `rules.tables.MEMORY`."""
    return f"hold:{rule.id}"
