"""What would have to change: the snapshot beside what the rules and the measures say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.mapping import FieldType
from rules.decisions import Tables
from sync.outputs import OUTPUTS, column
from sync.scratch import scratch
from sync.territories.changes import Memberships, of_connection

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CENT = 0.005
"""Numbers closer than half of a hundredth are equal: CRMs store two decimals."""

COLUMNS = (
    "record_id",
    "field",
    "before",
    "after",
    "action",
    "note",
    "name",
    "family",
    "territory",
    "rule_id",
    "reason",
)
"""Of the table of changes: one row per record and field, sorted by both; values as text, null is empty.

`action` is `change` or `held` (then `note` says why); `family` is the parent's id or the record's own.
"""


@dataclass(frozen=True, slots=True)
class Desired:
    """What the rules and measures say, as files, beside what the CRM said."""

    tables: Tables
    assignments: Path
    kpis: Path
    owner_role: str


def diff(
    desired: Desired,
    *,
    write_owner: bool,
    outputs: Sequence[str],
    roles: Mapping[str, str],
    ours: pa.Table,
    holds: pa.Table,
    memory_limit: str,
    memberships: Memberships | None = None,
) -> pa.Table:
    """The changes as a table of COLUMNS, the same bytes for the same input.

    `roles` names the column that holds the owner in each further role. `ours` (record_id, value) holds the owner that we set last per account, `holds` (record_id, reason) the
    accounts that a person decided about. An owner that is no longer ours was changed by somebody else and
    is held, not written back.
    """
    with database(desired, memory_limit) as con:
        con.register("ours", ours)
        con.register("holds", holds)
        # First, as the names of the columns are those of the first.
        parts = [f"SELECT {', '.join(f'NULL::VARCHAR AS {c}' for c in COLUMNS)} WHERE false"]
        parts += [_owner_changes()] if write_owner else []
        parts += [_output_changes(name) for name in outputs]
        parts += [_role_changes(role, held_in) for role, held_in in roles.items()]
        parts += of_connection(con, memberships)
        union = " UNION ALL ".join(parts)
        return con.sql(
            f"SELECT {', '.join(COLUMNS)} FROM ({union}) ORDER BY record_id, field"
        ).to_arrow_table()


@contextmanager
def database(desired: Desired, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The snapshot's tables and what is desired, as views of an embedded database."""
    import duckdb

    with scratch(memory_limit, desired.assignments.parent) as con:
        for name in ("accounts", "owners", "opportunities", "activities"):
            con.from_parquet(str(getattr(desired.tables, name))).create_view(name)
        con.from_parquet(str(desired.assignments)).create_view("roles")
        con.from_parquet(str(desired.assignments)).filter(
            duckdb.ColumnExpression("role") == duckdb.ConstantExpression(desired.owner_role)
        ).create_view("assignments")
        con.from_parquet(str(desired.kpis)).create_view("kpis")
        yield con


def _owner_changes() -> str:
    return """
        SELECT a.id AS record_id, 'owner_id' AS field, a.owner_id AS before, s.owner_id AS after,
               CASE WHEN h.record_id IS NOT NULL OR o.record_id IS NOT NULL THEN 'held' ELSE 'change' END AS action,
               CASE WHEN h.record_id IS NOT NULL THEN h.reason
                    WHEN o.record_id IS NOT NULL THEN 'the owner was changed in the CRM after we set it' END AS note,
               a.name, coalesce(a.parent_id, a.id) AS family, s.territory, s.rule_id, s.reason
        FROM accounts a JOIN assignments s ON s.account_id = a.id
        LEFT JOIN holds h ON h.record_id = a.id
        LEFT JOIN ours o ON o.record_id = a.id AND o.value IS DISTINCT FROM a.owner_id
        WHERE s.decision = 'assigned' AND s.owner_id IS NOT NULL AND s.owner_id IS DISTINCT FROM a.owner_id"""


def _role_changes(role: str, held_in: str) -> str:
    return f"""
        SELECT a.id, {_text(held_in)}, a."{held_in}", s.owner_id, 'change', NULL,
               a.name, coalesce(a.parent_id, a.id), s.territory, s.rule_id, s.reason
        FROM accounts a JOIN roles s ON s.account_id = a.id AND s.role = {_text(role)}
        WHERE s.decision = 'assigned' AND s.owner_id IS NOT NULL AND a."{held_in}" IS DISTINCT FROM s.owner_id"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _output_changes(name: str) -> str:
    output = OUTPUTS[name]
    live, wanted = f'a."{column(name)}"', f'{"s" if output.table == "assignments" else "k"}."{output.column}"'
    if output.type is FieldType.NUMBER:
        wanted = f"round({wanted}, 2)"
        differs = f"({live} IS NULL) <> ({wanted} IS NULL) OR abs({live} - {wanted}) >= {CENT}"
    elif output.type is FieldType.TEXT:
        # CRMs trim text and cut nothing: what does not fit into a text field would be refused.
        wanted = f"nullif(trim(left({wanted}, 255)), '')"
        differs = f"{live} IS DISTINCT FROM {wanted}"
    else:
        differs = f"{live} IS DISTINCT FROM {wanted}"
    return f"""
        SELECT a.id, '{column(name)}', ({live})::VARCHAR, ({wanted})::VARCHAR, 'change', NULL,
               a.name, coalesce(a.parent_id, a.id), s.territory, s.rule_id, s.reason
        FROM accounts a JOIN assignments s ON s.account_id = a.id JOIN kpis k ON k.account_id = a.id
        WHERE {differs}"""
