"""Ultimate parents: who stands at the top of every account's family."""

from __future__ import annotations

import math
from collections.abc import Collection

from rules.engine.relations import Database
from rules.engine.sql import name, text


def lay_roots(
    database: Database, parent_column: str, most_levels: int, missing: Collection[str] = ("",)
) -> None:
    """Makes `roots` (id, root, broken, issue) with a row for every account that says it has a parent.

    Whoever is not in it is its own root and is well. `root` is the furthest account up; it is the account
    itself where its parent is no account that was read, which `issue` says, and where the family is `broken`:
    the parents go in a circle or are more than `most_levels`, which `issue` says too. The view `accounts` has
    the column. `missing` holds folded text that counts as no parent.

    By pointer jumping: each step doubles how far up every account looks, so 20 levels take five joins.
    """
    none = ", ".join(text(value) for value in sorted({"", *missing}))
    parent = name(parent_column)
    database.keep(
        "children",
        f"SELECT id, {parent} AS parent FROM accounts "
        f"WHERE {parent} IS NOT NULL AND lower(trim({parent})) NOT IN ({none})",
    )
    database.keep(
        "links_0",
        "SELECT children.id AS id, parent AS up, 1 AS levels "
        "FROM accounts AS above JOIN children ON parent = above.id",
    )
    steps = math.ceil(math.log2(max(most_levels, 1)))
    for step in range(steps):
        database.keep(f"links_{step + 1}", _jumped(f"links_{step}"))
    database.keep("roots", _roots(f"links_{steps}", parent_column, most_levels))


def _jumped(links: str) -> str:
    """Twice as far up: from where the account looks to where that one looks."""
    return (
        "SELECT here.id AS id, coalesce(there.up, here.up) AS up, "
        f"here.levels + coalesce(there.levels, 0) AS levels FROM {links} AS here "
        f"LEFT JOIN {links} AS there ON there.id = here.up"
    )


def _roots(links: str, column: str, most_levels: int) -> str:
    """Who still has a parent above after the last step is in a circle, or too deep."""
    broken = f"(links.id IS NOT NULL AND (above.id IS NOT NULL OR links.levels > {most_levels}))"
    circle = text(f"{column} goes in a circle, or further up than {most_levels} levels")
    return (
        f"SELECT children.id AS id, CASE WHEN {broken} THEN children.id "
        f"ELSE coalesce(links.up, children.id) END AS root, {broken} AS broken, "
        f"CASE WHEN links.id IS NULL THEN {text(column + ' ')} || chr(39) || parent || chr(39) || "
        f"{text(' is not an account')} WHEN {broken} THEN {circle} END AS issue "
        f"FROM children LEFT JOIN {links} AS links ON links.id = children.id "
        f"LEFT JOIN {links} AS above ON above.id = links.up"
    )
