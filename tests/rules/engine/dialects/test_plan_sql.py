"""The printed plan: the DuckDB script gives the engine's answers, every dialect's parses again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.assign import assign
from rules.engine.dialects.plan import plan_sql
from rules.engine.dialects.translate import Dialect
from rules.engine.errors import AssignError
from rules.language.condition import All, Any, Between, HasPrefix, In, InList, IsMissing, Not
from rules.language.ruleset import Action, IfUnknown, Mode, RuleSet
from tests.rules.engine.worlds import STORED, Row, conditions, rule, rule_set, tables

DAY = date(2026, 3, 1)
HOLDERS = {"AE": "owner_id", "CSM": "csm_id"}
PLAIN: dict[str, list[Anything]] = {
    "industry": [None, "N/A", "Banking", "bank", "a b", "fin", "'", "other", "\\"],
    "website": [None, "acme.com", "www.com", "x.co.uk"],
    "external_id": [None, "001A0000006Vm9rIAC", "7", "x" * 16],
    "employees": [None, 0, 1, 199, 200, 201, 2**53 + 1],
    "annual_revenue": [None, 0.0, 0.1, 199.99999999999997, 200.0, 1e9, float("inf"), float("nan")],
    "customer": [None, True, False],
    "signed_on": [None, date(2026, 1, 31), date(2026, 2, 1), date(9999, 12, 31)],
}
PLACES = [
    (None, None, None),
    ("", "CA", "02116"),
    ("US", None, None),
    ("US", "CA", "02116"),
    ("US", "DE", "02116"),
    ("DE", "BY", "10115"),
    ("GB", None, "SW1A"),
    ("CA", "ON", "K1A0B6"),
]
"""Country, state and postal code that go together: one of another country is no plain value."""
OPTIONS: dict[str, Anything] = {"holders": HOLDERS}


def plain_rows() -> st.SearchStrategy[list[Row]]:
    """Accounts whose values need no reading."""
    row = st.fixed_dictionaries(
        {
            **{field: st.sampled_from(values) for field, values in PLAIN.items()},
            "owner_id": st.sampled_from([None, "u1", "u2", "u3"]),
            "csm_id": st.sampled_from([None, "u1"]),
            "deleted": st.sampled_from([None, False, True]),
        }
    )
    names = ("country", "state", "postal_code")
    place = st.sampled_from(PLACES).map(lambda found: dict(zip(names, found, strict=True)))
    return st.lists(st.tuples(row, place), max_size=12).map(
        lambda rows: [{"id": f"a{n:02}", **row, **place} for n, (row, place) in enumerate(rows)]
    )


def sayable() -> st.SearchStrategy[RuleSet]:
    """Rules over fields that a script can compare."""
    body = st.tuples(
        conditions().filter(lambda found: "'seats'" not in repr(found) and "created_at" not in repr(found)),
        st.sampled_from(["AE", "CSM"]),
        st.sampled_from([(None, None), (None, "both"), ("ana@example.com", None), ("KIM@example.com", None)]),
        st.sampled_from(list(IfUnknown)),
        st.sampled_from(list(Mode)),
        st.sampled_from([Action.ASSIGN, Action.ASSIGN, Action.KEEP]),
    )
    return st.lists(body, min_size=1, max_size=6).map(
        lambda found: rule_set(
            *(
                rule(
                    f"r{i}", when, role=role, if_unknown=unknown, mode=mode, action=action,
                    owner=owner if action is Action.ASSIGN else None,
                    pod=pod if action is Action.ASSIGN else None,
                    **({"territory": ""} if action is Action.KEEP else {}),
                )
                for i, (when, role, (owner, pod), unknown, mode, action) in enumerate(found)
            )
        )
    )  # fmt: skip


def run(script: str, accounts: Path) -> list[dict[str, Anything]]:
    """The rows of the script's last statement, over a table made of the file."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"CREATE TABLE accounts AS SELECT * FROM read_parquet('{accounts}')")
        found = con.execute(script)
        columns = [column for column, *_ in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@settings(max_examples=40, deadline=None)
@given(sayable(), plain_rows(), st.sampled_from([64, 0]))
def test_the_duckdb_script_gives_the_engines_answers_on_plain_accounts(
    rules: RuleSet, rows: list[Row], cap: int
) -> None:
    check(rules, rows, cap)


def check(rules: RuleSet, rows: list[Row], cap: int) -> None:
    """The script's rows are those of the assignments, but for who in a pod."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = tables(folder, rows)
        assign(rules, made, folder / "out.parquet", DAY, holders=HOLDERS, cap=cap)
        right = pq.read_table(folder / "out.parquet").to_pylist()
        found = run(plan_sql(rules, made.owners, STORED, "duckdb", DAY, cap=cap, **OPTIONS), made.accounts)
    compared = ("account_id", "role", "decision", "territory", "rule_id", "owner_id", "reason_code", "reason")
    assert [[row[c] for c in compared if c != "owner_id"] for row in found] == [
        [row[c] for c in compared if c != "owner_id"] for row in right
    ]
    for row, answer in zip(found, right, strict=True):
        if row["pod"] is None:
            assert row["owner_id"] == answer["owner_id"]
        else:
            assert row["owner_id"] is None


EVERYTHING = rule_set(
    rule("hold", In("customer", (True,)), action=Action.KEEP, territory=""),
    rule(
        "places",
        All((InList("country", "country"), HasPrefix("postal_code", ("US-02", "US-021")))),
        pod="both",
    ),
    rule(
        "words", Any((In("industry", ("banking", "'", "\\")), Not(In("website", ("acme.com",))))), owner="u1"
    ),
    rule("sizes", Between("employees", 1, 200), mode=Mode.ONLY_UNASSIGNED, owner="u2"),
    rule("days", Between("signed_on", date(2026, 2, 1), None), role="CSM"),
    rule("clock", Between("created_at", None, date(2026, 2, 1)), role="CSM", if_unknown=IfUnknown.REVIEW),
    rule("money", Any((IsMissing("annual_revenue"), Between("annual_revenue", 0.1, 1e9))), pod="gone"),
)


@pytest.mark.parametrize("cap", [64, 0])
def test_lists_prefixes_ranges_and_dates_are_the_engines(cap: int) -> None:
    steps = {field: 1 + number for number, field in enumerate(PLAIN)}
    rows = [
        {
            "id": f"a{n:03}",
            **{field: values[n // steps[field] % len(values)] for field, values in PLAIN.items()},
        }
        for n in range(200)
    ]
    rows += [
        {"id": f"z{n}", "country": "US", "postal_code": code}
        for n, code in enumerate(["02116", "02216", "10115"])
    ]
    check(EVERYTHING, rows, cap)
    check(rule_set(rule("prefix", HasPrefix("postal_code", ("US-021", "US-02")), owner="u1")), rows, cap)
    check(rule_set(rule("words", HasPrefix("industry", ("b", "bank")), owner="u1")), rows, cap)
    check(rule_set(rule("any", HasPrefix("industry", ("", "bank")), owner="u1")), rows, cap)


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("cap", [64, 0])
def test_every_dialects_script_parses_again(tmp_path: Path, dialect: Dialect, cap: int) -> None:
    made = tables(tmp_path, [])
    script = plan_sql(EVERYTHING, made.owners, STORED, dialect, DAY, cap=cap, **OPTIONS)
    statements = sqlglot.parse(script, read=dialect.value, error_level=sqlglot.ErrorLevel.RAISE)
    kinds = {type(statement).__name__ for statement in statements if statement is not None}
    assert {"Create", "Drop", "Insert", "Select"} <= kinds
    assert "Command" not in kinds, "text that the parser gave up on"


def test_a_script_says_what_was_run_and_what_it_does_not_do(tmp_path: Path) -> None:
    made = tables(tmp_path, [])
    duck, snow = (
        plan_sql(EVERYTHING, made.owners, STORED, dialect, DAY, **OPTIONS)
        for dialect in ("duckdb", "snowflake")
    )
    assert "-- The tests run this script in DuckDB" in duck
    assert "-- Generated: the tests check that the text parses as snowflake" in snow
    assert "who in a pod" in snow
    assert "BIT_COUNT" not in snow, "which Snowflake does not have"


def test_what_a_script_cannot_say_is_refused_by_name(tmp_path: Path) -> None:
    made = tables(tmp_path, [])
    follows = rule_set(rule("up", action=Action.FOLLOW, territory=""))
    with pytest.raises(AssignError, match="cannot say rules that follow the ultimate parent"):
        plan_sql(follows, made.owners, STORED, "spark", DAY, **OPTIONS)
    with pytest.raises(AssignError, match="'seats' is a integer that the accounts store as text"):
        plan_sql(rule_set(rule(when=In("seats", (1,)))), made.owners, STORED, "spark", DAY, **OPTIONS)
    timed = rule_set(rule("held", action=Action.KEEP, territory="", hold_days=9))
    with pytest.raises(AssignError, match="the hold 'held', which ends after some days"):
        plan_sql(timed, made.owners, STORED, "spark", DAY, **OPTIONS)
