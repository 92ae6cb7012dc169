"""Changes of memberships: sets of the CRM's territories, of which only our own rows count as before.

A territory in which an account is by somebody else's hand, or by a rule of the CRM, needs no row of ours. What a
person took away after we put it there is held, not put back. An account for which the rules decide no territory is
left as it is, and one that is undecided in some role loses none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.mapping import FieldType
from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SETS = (CRM_TERRITORIES, CRM_USER_TERRITORIES)
"""The columns that are sets of territories and no fields of a record."""


def members(text: str | None) -> set[str]:
    """The names in a set's one text."""
    return set(text.split(";")) if text else set()


@dataclass(frozen=True, slots=True)
class Memberships:
    """What the config wants, and what is known beside the accounts and their assignments."""

    names: Mapping[str, str]
    """Ours to the CRM's, where they are not the same but for dots."""
    roles: tuple[str, ...] | None
    """Whose territories count; None: those of all roles."""
    users: bool
    territories: Path
    territory_accounts: Path
    territory_users: Path
    known: pa.Table
    """(record_id, field, value): the set that we wrote last."""
    people: Sequence[tuple[str, str]] = field(default=())
    """`sync.territories.people`, where users are wanted."""

    def prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Which territory each role gives each account, in the CRM's words, beside the views of `sync.diff.database`."""
        con.from_parquet(str(self.territories)).create_view("model_territories")
        _table(con, "own_names", "ours VARCHAR, theirs VARCHAR", list(self.names.items()))
        counted = "true" if self.roles is None else "list_contains(?, role)"
        con.execute(
            f"""CREATE TEMP TABLE role_territories AS
                SELECT account_id, owner_id, decision, territory,
                       coalesce(n.theirs, replace(territory, '.', '_')) AS wanted
                FROM roles LEFT JOIN own_names n ON n.ours = territory WHERE {counted}""",
            [] if self.roles is None else [list(self.roles)],
        )

    def parts(self, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Queries for rows of `sync.diff.COLUMNS`, once it is prepared."""
        con.from_parquet(str(self.territory_accounts)).create_view("crm_territory_accounts")
        con.from_parquet(str(self.territory_users)).create_view("crm_territory_users")
        con.register("known_sets", self.known)
        _table(con, "named_people", "territory VARCHAR, who VARCHAR", list(self.people))
        con.execute(_WANTED)
        con.execute(_WANTED_USERS)
        return [_changes(_ACCOUNT), *([_changes(_USER)] if self.users else [])]


def sets_of(changes: pa.Table) -> dict[str, str]:
    """The sets that a table of changes writes, with their type in a plan."""
    written = set(changes["field"].unique().to_pylist())
    return {name: str(FieldType.TEXT) for name in SETS if name in written}


def of_connection(con: duckdb.DuckDBPyConnection, wanted: Memberships | None) -> list[str]:
    """The queries of what is wanted, prepared; none where nothing is."""
    if wanted is None:
        return []
    wanted.prepare(con)
    return wanted.parts(con)


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple[str, str]]) -> None:
    con.execute(f"CREATE TEMP TABLE {name} ({columns})")
    if rows:
        con.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)


_WANTED = """
    CREATE TEMP TABLE wanted_accounts AS
    SELECT r.account_id AS record_id, coalesce(list_sort(list(DISTINCT t.name) FILTER (t.name IS NOT NULL)), []) AS names,
           bool_or(r.territory IS NULL) AS undecided
    FROM role_territories r LEFT JOIN model_territories t ON lower(t.name) = lower(r.wanted)
    GROUP BY 1 HAVING bool_or(r.territory IS NOT NULL)"""
_WANTED_USERS = """
    CREATE TEMP TABLE wanted_users AS
    WITH named AS (
        SELECT owner_id AS user_id, wanted FROM role_territories
        WHERE owner_id IS NOT NULL AND decision IN ('assigned', 'kept', 'held') AND wanted IS NOT NULL
        UNION SELECT o.id, coalesce(n.theirs, replace(p.territory, '.', '_'))
        FROM named_people p LEFT JOIN own_names n ON n.ours = p.territory
        JOIN owners o ON o.id = p.who OR lower(o.email) = p.who)
    SELECT o.id AS record_id, list_sort(list(DISTINCT t.name)) AS names, false AS undecided
    FROM named d JOIN owners o ON o.id = d.user_id AND o.active AND o.person
    JOIN model_territories t ON lower(t.name) = lower(d.wanted) GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one column of sets is put together."""

    column: str
    members: str
    record: str
    wanted: str
    told: str
    """Name, family, territory, rule and reason of a record, as SQL over `x` (the record) and `s`."""
    joins: str


_ACCOUNT = _Kind(
    CRM_TERRITORIES, "crm_territory_accounts", "account_id",
    # An account that the rules do not place is left as it is.
    "SELECT record_id, names, undecided FROM wanted_accounts",
    "x.name, coalesce(x.parent_id, x.id) AS family, s.territory, s.rule_id, s.reason",
    "JOIN accounts x ON x.id = w.record_id LEFT JOIN assignments s ON s.account_id = x.id",
)  # fmt: skip
_USER = _Kind(
    CRM_USER_TERRITORIES, "crm_territory_users", "user_id",
    "SELECT o.id AS record_id, coalesce(u.names, []) AS names, false AS undecided "
    "FROM owners o LEFT JOIN wanted_users u ON u.record_id = o.id",
    "coalesce(x.name, x.email) AS name, x.id AS family, NULL AS territory, NULL AS rule_id, "
    "'the territories for which the rules name this person' AS reason",
    "JOIN owners x ON x.id = w.record_id",
)  # fmt: skip


def _changes(kind: _Kind) -> str:
    return f"""
        SELECT record_id, '{kind.column}', before, after,
               CASE WHEN len(contested) > 0 THEN 'held' ELSE 'change' END,
               CASE WHEN len(contested) > 0
                    THEN 'taken out of ' || array_to_string(contested, ', ') || ' in the CRM after we put it there' END,
               name, family, territory, rule_id, reason
        FROM (
            SELECT p.*, nullif(array_to_string(p.ours, ';'), '') AS before, nullif(array_to_string(p.target, ';'), '') AS after,
                   list_filter(coalesce(string_split(k.value, ';'), []),
                               lambda n: list_contains(p.target, n) AND NOT list_contains(p.ours, n)) AS contested
            FROM ({_placed(kind)}) p
            LEFT JOIN known_sets k ON k.record_id = p.record_id AND k.field = '{kind.column}')
        WHERE before IS DISTINCT FROM after"""


def _placed(kind: _Kind) -> str:
    """Every record with its rows that are ours, and those that should be."""
    return f"""
        SELECT w.record_id, coalesce(h.ours, []) AS ours,
               list_sort(list_distinct(list_concat(
                   list_filter(w.names, lambda n: list_contains(coalesce(h.ours, []), n) OR NOT list_contains(coalesce(h.theirs, []), n)),
                   CASE WHEN w.undecided THEN coalesce(h.ours, []) ELSE [] END))) AS target,
               {kind.told}
        FROM ({kind.wanted}) w {kind.joins}
        LEFT JOIN (
            SELECT m.{kind.record} AS record_id,
                   coalesce(list_sort(list(t.name) FILTER (m.by_us)), []) AS ours,
                   coalesce(list(t.name) FILTER (NOT m.by_us), []) AS theirs
            FROM {kind.members} m JOIN model_territories t ON t.id = m.territory_id GROUP BY 1) h
        ON h.record_id = w.record_id"""
