"""Small worlds: accounts, owners, activities and assignments as plain rows, and the files made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.tables import ACCOUNTS, ACTIVITIES, OPPORTUNITIES, OWNERS
from rules.language.condition import ALWAYS, FieldKind
from rules.language.people import Member, Pod, PodBy
from rules.language.place import Source
from rules.language.ruleset import IfUnknown, Mode, Rule, RuleSet, Workload
from rules.tables import ASSIGNMENTS, Tables

Row = Mapping[str, Any]
HERE = Source("rules.yaml", 1, 1)
FIELDS = {
    "country": FieldKind.COUNTRY,
    "state": FieldKind.STATE,
    "industry": FieldKind.TEXT,
    "employees": FieldKind.INTEGER,
    "annual_revenue": FieldKind.NUMBER,
    "website": FieldKind.DOMAIN,
    "type": FieldKind.TEXT,
}


@dataclass(frozen=True)
class World:
    """Everything that is measured, as rows."""

    rules: RuleSet
    accounts: Sequence[Row]
    owners: Sequence[Row]
    activities: Sequence[Row]
    assignments: Sequence[Row] = field(default_factory=list)


def rule(owner: str | None = None, pod: str | None = None, role: str = "AE", id: str = "r") -> Rule:
    """A rule that says who is in the plan; what it matches is not looked at here."""
    return Rule(id, "geo", ALWAYS, "t", role, owner, pod, IfUnknown.SKIP, Mode.REPLACE, "", HERE)


def rule_set(
    workload: Workload | None,
    rules: Sequence[Rule] = (),
    pods: Mapping[str, Sequence[Member]] | None = None,
    timezone: str = "UTC",
    **changes: Any,
) -> RuleSet:
    """A checked rule set as the loader would make it."""
    made = {
        name: Pod(name, tuple(members), PodBy.REMAINING_CAPACITY, HERE)
        for name, members in (pods or {}).items()
    }
    values: dict[str, Any] = {
        "rules": tuple(rules), "levels": ("geo",), "lists": {}, "pods": made, "fields": FIELDS,
        "timezone": timezone, "fiscal_year_start": (1, 1), "missing_values": ("", "N/A"),
        "missing_numbers": {}, "workload": workload, "hash": "h",
    }  # fmt: skip
    return RuleSet(**(values | changes))


def account(id: str, owner: str | None = None, **values: Any) -> Row:
    """An account that is not deleted."""
    return {"id": id, "owner_id": owner, "deleted": False} | values


def owner(id: str, active: bool = True, person: bool = True, email: str | None = None) -> Row:
    """An owner whose email is made of the id."""
    return {
        "id": id,
        "name": id,
        "email": email or f"{id}@example.com",
        "active": active,
        "person": person,
        "deleted": False,
    }


def activity(id: str, account: str | None, by: str | None, type: str, at: str, **values: Any) -> Row:
    """An activity at "2026-03-01 17:30" UTC, or never where `at` is ""."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None
    return {
        "id": id,
        "account_id": account,
        "owner_id": by,
        "type": type,
        "occurred_at": moment,
        "deleted": False,
    } | values


def assigned(id: str, owner: str | None, territory: str | None = "t", role: str = "AE", **values: Any) -> Row:
    """An assignment; no owner is an account left as it is."""
    return {
        "account_id": id,
        "role": role,
        "decision": "assigned" if owner else "unassigned",
        "territory": territory,
        "owner_id": owner,
        "reason_code": "matched" if owner else "no_owner",
        "reason": "",
    } | values


def write(world: World, folder: Path) -> tuple[Tables, Path]:
    """The world as the Parquet files of a snapshot, and its assignments."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = Tables(*(folder / f"{n}.parquet" for n in ("accounts", "owners", "opportunities", "activities")))
    save(world.accounts, ACCOUNTS, tables.accounts)
    save(world.owners, OWNERS, tables.owners)
    save([], OPPORTUNITIES, tables.opportunities)
    save(world.activities, ACTIVITIES, tables.activities)
    save(world.assignments, ASSIGNMENTS, folder / "assignments.parquet")
    return tables, folder / "assignments.parquet"


def save(rows: Sequence[Row], schema: pa.Schema, file: Path) -> None:
    """Rows in their order, absent columns null."""
    pq.write_table(
        pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema), file
    )


def rows_of(file: Path) -> list[dict[str, Any]]:
    """A table as rows."""
    return list(pq.read_table(file).to_pylist())


AS_OF = date(2026, 3, 31)
