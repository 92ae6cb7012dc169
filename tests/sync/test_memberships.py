"""Who would be put into, and taken out of, the CRM's own territories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.records import CRM_TERRITORIES, CRM_USER_TERRITORIES, RecordKind
from connectors.tables import SCHEMAS
from rules.language.load import STANDARD_FIELDS, load_rules
from sync.scratch import scratch
from sync.territories.breaches import membership_breaches, memberships_summary
from sync.territories.changes import Memberships, members, of_connection
from sync.territories.overlay import overlay_memberships
from sync.territories.people import people

Row = tuple[str, str, str | None, str]
"""Account, role, territory and decision."""
TERRITORIES = ("US_East", "US_West", "DACH", "Strategic")
REPS = {"U1": "ana@example.com", "U2": "lee@example.com", "U3": "gone@example.com"}


@dataclass
class Crm:
    """What a snapshot says of territories, by names."""

    folder: Path
    accounts: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    users: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def changes(
        self,
        rows: Sequence[Row],
        *,
        roles: tuple[str, ...] | None = None,
        names: dict[str, str] | None = None,
        named: Sequence[tuple[str, str]] = (),
        users: bool = False,
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The rows of changes, and what the plan's summary would tell."""
        wanted = Memberships(
            names or {}, roles, users, self._territories(),
            self._members(RecordKind.TERRITORY_ACCOUNTS, "account_id", self.accounts),
            self._members(RecordKind.TERRITORY_USERS, "user_id", self.users),
            pa.table(
                {
                    "record_id": pa.array([record for record, _ in self.known], pa.string()),
                    "field": pa.array([column for _, column in self.known], pa.string()),
                    "value": pa.array(list(self.known.values()), pa.string()),
                }
            ),
            named,
        )  # fmt: skip
        ids = sorted({account for account, *_ in rows} | set(self.accounts))
        with scratch() as con:
            self._views(con, ids, rows)
            query = " UNION ALL ".join(of_connection(con, wanted))
            found = con.sql(f"SELECT * FROM ({query}) ORDER BY 1, 2").to_arrow_table()
            columns = ("record_id", "field", "before", "after", "action", "note")
            changes = found.select(range(6)).rename_columns(columns)
        with scratch() as con:
            self._views(con, ids, rows)
            con.register("changes", changes)
            told = memberships_summary(con, wanted)
        assert told is not None
        return changes.to_pylist(), told

    def _views(self, con: Any, ids: list[str], rows: Sequence[Row]) -> None:
        accounts = [{"id": id, "name": id} for id in ids]
        con.register("accounts", pa.Table.from_pylist(accounts, SCHEMAS[RecordKind.ACCOUNTS]))
        owners = [
            {"id": id, "email": email, "active": id != "U3", "person": True} for id, email in REPS.items()
        ]
        con.register("owners", pa.Table.from_pylist(owners, SCHEMAS[RecordKind.OWNERS]))
        columns = ("account_id", "role", "territory", "decision", "owner_id", "rule_id", "reason")
        roles = [
            dict(zip(columns, (*row, "U1" if row[3] == "assigned" else None, "r", "why"), strict=True))
            for row in rows
        ]
        con.register("roles", pa.Table.from_pylist(roles, pa.schema([(c, pa.string()) for c in columns])))
        con.execute("CREATE TEMP VIEW assignments AS SELECT * FROM roles WHERE role = 'AE'")

    def _territories(self) -> Path:
        rows = [{"id": f"T-{name}", "name": name, "model": "FY26"} for name in TERRITORIES]
        return self._write(RecordKind.TERRITORIES, rows)

    def _members(self, kind: RecordKind, record: str, members: dict[str, list[tuple[str, bool]]]) -> Path:
        rows = [
            {"id": f"{id}{name}{by_us}", "territory_id": f"T-{name}", record: id, "by_us": by_us}
            for id, found in members.items()
            for name, by_us in found
        ]
        return self._write(kind, rows)

    def _write(self, kind: RecordKind, rows: list[dict[str, Any]]) -> Path:
        path = self.folder / f"{kind}.parquet"
        filled = [{"deleted": False} | row for row in rows]
        pq.write_table(pa.Table.from_pylist(filled, SCHEMAS[kind]), path)
        return path


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    return Crm(tmp_path)


def moves(changes: list[dict[str, Any]]) -> dict[str, tuple[str | None, str | None]]:
    return {row["record_id"]: (row["before"], row["after"]) for row in changes}


def assigned(account: str, territory: str | None, role: str = "AE") -> Row:
    return (account, role, territory, "assigned" if territory else "unassigned")


def test_territories_of_all_roles_count_unless_some_are_named(crm: Crm) -> None:
    rows = [assigned("A", "us.east"), assigned("A", "strategic", "CSM")]
    assert moves(crm.changes(rows)[0]) == {"A": (None, "Strategic;US_East")}
    assert moves(crm.changes(rows, roles=("AE",))[0]) == {"A": (None, "US_East")}


def test_names_are_those_of_the_config_else_the_rules_own_in_any_case(crm: Crm) -> None:
    rows = [assigned("A", "US.east"), assigned("B", "germany")]
    changes, told = crm.changes(rows, names={"germany": "dach"})
    assert moves(changes) == {"A": (None, "US_East"), "B": (None, "DACH")}
    assert told["missing"] == []


def test_an_account_that_is_undecided_in_one_role_gains_and_loses_nothing(crm: Crm) -> None:
    crm.accounts = {"A": [("US_West", True)], "B": [("US_West", True)]}
    rows = [
        assigned("A", "us.east"),
        assigned("A", None, "CSM"),
        assigned("B", None),
        assigned("B", None, "CSM"),
    ]
    assert moves(crm.changes(rows)[0]) == {"A": ("US_West", "US_East;US_West")}


def test_what_others_did_is_neither_repeated_nor_undone(crm: Crm) -> None:
    crm.accounts = {
        "A": [("US_East", False)],
        "B": [("US_East", False), ("US_West", True)],
        "C": [("US_East", True), ("US_East", False)],
    }
    rows = [assigned(account, "us.east") for account in "ABC"]
    assert moves(crm.changes(rows)[0]) == {"B": ("US_West", None)}


def test_what_was_taken_away_is_held_only_while_the_rules_want_it(crm: Crm) -> None:
    crm.known = {("A", CRM_TERRITORIES): "US_East", ("B", CRM_TERRITORIES): "US_East"}
    changes, told = crm.changes([assigned("A", "us.east"), assigned("B", "dach")])
    assert [(c["record_id"], c["action"]) for c in changes] == [("A", "held"), ("B", "change")]
    assert told["accounts"] == {"changed": 1, "added": 1, "removed": 0}


def test_people_are_where_they_own_and_where_rules_name_them_if_they_are_still_there(crm: Crm) -> None:
    crm.users = {"U2": [("Strategic", True)], "U3": [("US_East", True), ("DACH", False)]}
    named = [("us.west", "lee@example.com"), ("us.west", "gone@example.com")]
    changes, told = crm.changes([assigned("A", "us.east")], users=True, named=named)
    of_users = [c for c in changes if c["field"] == CRM_USER_TERRITORIES]
    assert moves(of_users) == {
        "U1": (None, "US_East"),
        "U2": ("Strategic", "US_West"),
        "U3": ("US_East", None),
    }
    assert told["users"] == {"changed": 3, "added": 2, "removed": 2}


def test_what_the_crm_lacks_is_told_with_how_many_it_concerns(crm: Crm) -> None:
    rows = [assigned("A", "moon"), assigned("B", "moon"), assigned("C", "us.east")]
    changes, told = crm.changes(rows)
    assert moves(changes) == {"C": (None, "US_East")}
    [breach] = membership_breaches(told, 1)
    assert breach.name == "territory-missing"
    assert "moon as moon (2 accounts)" in breach.message
    assert [b.name for b in membership_breaches(told, 0)] == ["territory-missing", "territory-changes"]


def test_rules_name_owners_and_all_members_of_pods_but_nobody_who_left(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        """
version: 1
as_of: {timezone: UTC}
levels: [geography]
reps:
  old@example.com: {last_day: 2026-01-31}
pods:
  east: {members: [Ana@example.com, old@example.com], by: equal}
rules:
  - {id: a, level: geography, when: {country: US}, assign: {territory: us, role: AE, pod: east}}
  - {id: b, level: geography, when: {country: DE}, assign: {territory: de, role: AE, owner: lee@example.com}}
  - {id: c, level: geography, when: {country: FR}, assign: {territory: fr, role: CSM, owner: kim@example.com}, active: {until: 2026-01-31}}
"""
    )
    rules = load_rules(tmp_path / "rules.yaml", STANDARD_FIELDS)
    assert people(rules, date(2026, 2, 1), None) == [("de", "lee@example.com"), ("us", "ana@example.com")]
    january = people(rules, date(2026, 1, 31), ("AE",))
    assert january == [("de", "lee@example.com"), ("us", "ana@example.com"), ("us", "old@example.com")]


NAMES = st.sets(st.sampled_from(TERRITORIES), max_size=4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from("ABC"), st.tuples(NAMES, NAMES, NAMES), min_size=1))
def test_once_it_is_done_nothing_is_left_to_do(
    tmp_path: Path, state: dict[str, tuple[set[str], set[str], set[str]]]
) -> None:
    """Diff after apply is empty, and every account is where it should be by somebody's hand, and nowhere else by ours."""
    crm = Crm(tmp_path)
    rows = [
        assigned(id, name.replace("_", "."), f"R{i}")
        for id, (wanted, _, _) in state.items()
        for i, name in enumerate(sorted(wanted))
    ]
    for id, (_, ours, theirs) in state.items():
        crm.accounts[id] = [*((n, True) for n in sorted(ours)), *((n, False) for n in sorted(theirs))]
    changes, _ = crm.changes(rows)
    for row in changes:
        id, (_, ours, theirs) = row["record_id"], state[row["record_id"]]
        assert members(row["before"]) == ours
        crm.accounts[id] = [
            *((n, True) for n in members(row["after"])),
            *((n, False) for n in sorted(theirs)),
        ]
        crm.known[id, CRM_TERRITORIES] = row["after"]
    assert crm.changes(rows)[0] == []
    for id, (wanted, ours, theirs) in state.items():
        kept = {name for name, by_us in crm.accounts[id] if by_us}
        if wanted:
            assert kept | theirs == wanted | theirs
            assert kept == wanted & (ours | (wanted - theirs))
        else:
            assert kept == ours, "the rules do not place it, so it stays"


def test_what_was_written_is_laid_over_a_snapshot_and_others_rows_stay(crm: Crm) -> None:
    crm.accounts = {"A": [("US_East", True), ("DACH", False)], "B": [("US_West", True)]}
    crm.changes([])
    seen = pa.table({"id": ["A"], CRM_TERRITORIES: ["Strategic;US_West"]})
    overlay_memberships(crm.folder, seen, "400MB")
    path = crm.folder / f"{RecordKind.TERRITORY_ACCOUNTS}.parquet"
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMAS[RecordKind.TERRITORY_ACCOUNTS])
    found = {(r["account_id"], r["territory_id"], r["by_us"]) for r in table.to_pylist()}
    assert found == {
        ("A", "T-Strategic", True), ("A", "T-US_West", True), ("A", "T-DACH", False), ("B", "T-US_West", True),
    }  # fmt: skip
