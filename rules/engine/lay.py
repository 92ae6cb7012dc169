"""The tables that the plan reads: the accounts as a view, and small ones made from the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rules.engine.errors import AssignError
from rules.engine.family import lay_roots
from rules.engine.masking.classes import FieldClasses
from rules.engine.masking.masks import RoleMasks
from rules.engine.matching import mask_tables
from rules.engine.pods.owners import Owners
from rules.engine.relations import Database
from rules.engine.turns import Turns
from rules.language.ruleset import Family


def lay_accounts(database: Database, accounts: Path, holders: Sequence[str | None]) -> pa.Schema:
    """Makes the view `accounts`, deleted ones left out, and gives its columns."""
    schema = pq.read_schema(accounts)
    for column in ("id", *(holder for holder in holders if holder)):
        if column not in schema.names:
            raise AssignError(
                f"{accounts} has no column {column!r}; pull the accounts again, or map the field"
            )
    living = "NOT coalesce(deleted, FALSE)" if "deleted" in schema.names else ""
    database.parquet("accounts", accounts, where=living)
    return schema


def lay_masks(database: Database, classes: Mapping[str, FieldClasses], masks: Sequence[RoleMasks]) -> None:
    """Makes `mask_<n>` for the n-th group of fields."""
    for number, table in enumerate(mask_tables(classes, masks)):
        database.store(f"mask_{number}", table)


def lay_turns(database: Database, turns: Sequence[Turns], owners: Owners) -> None:
    """Makes `turns_<r>` for the r-th role, `owners` (the usable ones) and `members`.

    Columns that stand beside those of the accounts have names that no field can have.
    """
    for role, found in enumerate(turns):
        database.store(f"turns_{role}", found.table)
    usable = [owner for owner in owners.all if owner.usable]
    columns = {
        "number of owner": pa.array([owner.number for owner in usable], pa.int32()),
        "id of owner": pa.array([owner.id for owner in usable], pa.string()),
    }
    database.store("owners", pa.table(columns))
    teams = turns[0].teams if turns else {}
    members = [{"pod": pod, "owner": share.owner} for pod, team in teams.items() for share in team.shares]
    database.store(
        "members", pa.Table.from_pylist(members, pa.schema([("pod", pa.int32()), ("owner", pa.int32())]))
    )


def lay_families(database: Database, family: Family, missing: Sequence[str], schema: pa.Schema) -> None:
    """Makes `families`: accounts that have a parent above, or whose parents lead nowhere.

    "ultimate parent" is null where it cannot be told, and `follows` says whether the account is anybody's child.
    """
    if family.parent_field not in schema.names:
        raise AssignError(
            f"the accounts have no column {family.parent_field!r}, which rules follow; map the field in the "
            "config, or name another one with family: parent_field"
        )
    lay_roots(database, family.parent_field, family.most_levels, missing)
    database.view(
        "families",
        'SELECT id AS "id of child", CASE WHEN NOT broken AND root <> id THEN root END AS "ultimate parent", '
        'broken OR root <> id AS follows, issue AS "issue of family" FROM roots',
    )
