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
        """The territories of the CRM and which is each of the rules', beside the views of `sync.diff.database`."""
        con.from_parquet(str(self.territories)).create_view("crm_territories")
        con.execute(
            "CREATE TEMP TABLE numbered AS SELECT id, name, row_number() OVER (ORDER BY name)::INTEGER AS number "
            "FROM crm_territories"
        )
        _table(con, "own_names", "ours VARCHAR, theirs VARCHAR", list(self.names.items()))
        _table(con, "counted_roles", "role VARCHAR", [(role,) for role in self.roles or ()])
        counted = "roles" if self.roles is None else "roles SEMI JOIN counted_roles USING (role)"
        con.execute(
            f"CREATE TEMP VIEW counted AS SELECT account_id, owner_id, decision, territory FROM {counted}"
        )
        _table(con, "named_people", "territory VARCHAR, who VARCHAR", list(self.people))
        con.execute(_PLACES)

    def parts(self, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Queries for rows of `sync.diff.COLUMNS`, once it is prepared."""
        con.from_parquet(str(self.territory_accounts)).create_view("crm_territory_accounts")
        con.from_parquet(str(self.territory_users)).create_view("crm_territory_users")
        con.register("known_sets", self.known)
        kinds = (_ACCOUNT, _USER) if self.users else (_ACCOUNT,)
        for kind in kinds:
            _find_differing(con, kind)
        return [_changes(kind) for kind in kinds]


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


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[tuple[str, ...]]) -> None:
    con.execute(f"CREATE TEMP TABLE {name} ({columns})")
    if rows:
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", list(rows))


_PLACES = """
    CREATE TEMP TABLE places AS
    SELECT o.territory, coalesce(n.theirs, replace(o.territory, '.', '_')) AS wanted, t.name, t.number
    FROM (SELECT DISTINCT territory FROM counted UNION SELECT territory FROM named_people) o
    LEFT JOIN own_names n ON n.ours = o.territory
    LEFT JOIN numbered t ON lower(t.name) = lower(coalesce(n.theirs, replace(o.territory, '.', '_')))
    WHERE o.territory IS NOT NULL"""
"""Each territory of the rules with what it is in the CRM; name and number are null where it lacks it."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one column of sets is put together."""

    column: str
    members: str
    record: str
    wanted: str
    """Query of record_id and number: where the rules want a record to be."""
    decided: str
    """Query of record_id: those that lose what the rules do not want."""
    told: str
    """Name, family, territory, rule and reason of a record, as SQL over `x` (the record) and `s`."""
    joins: str


_ACCOUNT = _Kind(
    CRM_TERRITORIES, "crm_territory_accounts", "account_id",
    "SELECT DISTINCT account_id AS record_id, number FROM counted JOIN places USING (territory) WHERE number IS NOT NULL",
    "SELECT account_id AS record_id FROM counted GROUP BY 1 HAVING count(territory) = count(*)",
    "x.name, coalesce(x.parent_id, x.id) AS family, s.territory, s.rule_id, s.reason",
    "JOIN accounts x ON x.id = d.record_id LEFT JOIN assignments s ON s.account_id = x.id",
)  # fmt: skip
_USER = _Kind(
    CRM_USER_TERRITORIES, "crm_territory_users", "user_id",
    """SELECT DISTINCT o.id AS record_id, number FROM (
           SELECT owner_id AS who, territory FROM counted WHERE decision IN ('assigned', 'kept', 'held')
           UNION SELECT o.id, territory FROM named_people JOIN owners o ON o.id = who OR lower(o.email) = who) n
       JOIN places USING (territory) JOIN owners o ON o.id = n.who AND o.active AND o.person WHERE number IS NOT NULL""",
    "SELECT id AS record_id FROM owners",
    "coalesce(x.name, x.email) AS name, x.id AS family, NULL AS territory, NULL AS rule_id, "
    "'the territories for which the rules name this person' AS reason",
    "JOIN owners x ON x.id = d.record_id",
)  # fmt: skip


def _find_differing(con: duckdb.DuckDBPyConnection, kind: _Kind) -> None:
    """Tables of who should be where, who is, and which records are not right; lists are made of those alone."""
    wanted, there, differing = _tables(kind)
    con.execute(f"CREATE TEMP TABLE {wanted} AS {kind.wanted}")
    con.execute(
        f"""CREATE TEMP TABLE {there} AS
            SELECT m.{kind.record} AS record_id, t.number, bool_or(m.by_us) AS ours, bool_or(NOT m.by_us) AS theirs
            FROM {kind.members} m JOIN numbered t ON t.id = m.territory_id GROUP BY ALL"""
    )
    con.execute(
        f"""CREATE TEMP TABLE {differing} AS
            SELECT record_id FROM {wanted} ANTI JOIN {there} USING (record_id, number)
            UNION SELECT record_id FROM (SELECT record_id, number FROM {there} WHERE ours)
            ANTI JOIN {wanted} USING (record_id, number) SEMI JOIN ({kind.decided}) USING (record_id)"""
    )


def _tables(kind: _Kind) -> tuple[str, str, str]:
    return f"wanted_{kind.column}", f"there_{kind.column}", f"differing_{kind.column}"


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
    """Every differing record with its rows that are ours, and those that should be.

    Those are: what is wanted and not there by another hand, ours where it is wanted, and all of ours where the rules
    are undecided.
    """
    wanted, there, differing = _tables(kind)
    return f"""
        SELECT d.record_id, b.ours, b.target, {kind.told}
        FROM {differing} d {kind.joins}
        JOIN (
            SELECT e.record_id,
                   coalesce(list(t.name ORDER BY t.name) FILTER (e.ours), []) AS ours,
                   coalesce(list(t.name ORDER BY t.name) FILTER (
                       (e.wanted AND (e.ours OR NOT e.theirs)) OR (e.ours AND NOT e.decided)), []) AS target
            FROM (SELECT record_id, number, coalesce(h.ours, false) AS ours, coalesce(h.theirs, false) AS theirs,
                         coalesce(w.wanted, false) AS wanted, c.record_id IS NOT NULL AS decided
                  FROM (SELECT record_id, number, true AS wanted FROM {wanted} SEMI JOIN {differing} USING (record_id)) w
                  FULL JOIN (SELECT * FROM {there} SEMI JOIN {differing} USING (record_id)) h USING (record_id, number)
                  LEFT JOIN ({kind.decided}) c USING (record_id)) e
            JOIN numbered t USING (number) GROUP BY 1) b
        ON b.record_id = d.record_id"""
