"""Cases worth a name: who leaves, what does not fit, and rule sets larger than one word."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any as Anything

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.engine.assign import assign
from rules.engine.errors import AssignError
from rules.language.condition import All, Any, Between, In, InList, Not
from rules.language.people import Member, PodBy
from rules.language.ruleset import IfUnknown, RuleSet
from rules.tables import Decision, Tables
from tests.rules.engine.worlds import OWNERS, pod, rule, rule_set, tables

DAY = date(2026, 3, 1)
REPS = [
    {"id": f"u{n:02}", "email": f"rep{n}@example.com", "active": True, "person": True, "deleted": False}
    for n in range(12)
]


def run(rules: RuleSet, made: Tables, folder: Path, **options: Anything) -> dict[str, dict[str, Anything]]:
    """Assignments by account id."""
    assign(rules, made, folder / "out.parquet", DAY, **options)
    return {row["account_id"]: row for row in pq.read_table(folder / "out.parquet").to_pylist()}


def test_a_rep_who_leaves_a_pod_moves_only_his_own_accounts(tmp_path: Path) -> None:
    team = {"team": pod("team", [rep["email"] for rep in REPS])}
    rules = rule_set(rule(pod="team"), pods=team)
    accounts: list[dict[str, Anything]] = [{"id": f"a{n:05}"} for n in range(6_000)]
    before = run(rules, tables(tmp_path, accounts, REPS), tmp_path)
    owned = [{**row, "owner_id": before[row["id"]]["owner_id"]} for row in accounts]
    without = [{**rep, "active": rep["id"] != "u05"} for rep in REPS]
    after = run(rules, tables(tmp_path, owned, without), tmp_path)
    moved = {id for id, row in after.items() if row["owner_id"] != before[id]["owner_id"]}
    assert moved == {id for id, row in before.items() if row["owner_id"] == "u05"}
    loads = Counter(row["owner_id"] for row in after.values())
    assert len(loads) == 11
    assert all(abs(load - 6_000 / 11) <= 0.05 * 6_000 / 11 + 1 for load in loads.values())


@pytest.mark.parametrize(("by", "ratio"), [(PodBy.REMAINING_CAPACITY, 0.25), (PodBy.EQUAL, 1.0)])
def test_capacity_weighs_only_where_the_pod_says_so(tmp_path: Path, by: PodBy, ratio: float) -> None:
    members = [Member("rep0@example.com", 1.0), Member("REP1@example.com ", 0.25)]
    rules = rule_set(rule(pod="team"), pods={"team": pod("team", members, by)})
    found = run(rules, tables(tmp_path, [{"id": f"a{n}"} for n in range(4_000)], REPS), tmp_path)
    loads = Counter(row["owner_id"] for row in found.values())
    assert loads["u01"] / loads["u00"] == pytest.approx(ratio, rel=0.1)


def test_rules_far_beyond_one_word_keep_their_order(tmp_path: Path) -> None:
    """2 x 300 rules over two fields: every account goes to the first that takes it."""
    rules = [rule(f"n{n}", All((In("employees", (n,)), Not(In("industry", ("x",)))))) for n in range(1, 301)]
    rules += [rule(f"late{n}", Between("employees", n, None), owner="u1") for n in range(1, 301)]
    accounts = [
        {"id": f"a{n:03}", "employees": n, "industry": "x" if n % 3 == 0 else "y"} for n in range(1, 320)
    ]
    found = run(rule_set(*rules), tables(tmp_path, accounts), tmp_path)
    for n in range(1, 320):
        assert found[f"a{n:03}"]["rule_id"] == ("late1" if n % 3 == 0 or n > 300 else f"n{n}")


def test_a_condition_of_too_many_alternatives_is_an_expression_and_is_named(tmp_path: Path) -> None:
    pairs = [
        Any((In("industry", (f"v{n}",)), In("website", (f"v{n}.com",)), In("external_id", (f"E{n}",))))
        for n in range(12)
    ]
    rules = rule_set(rule("wide", Not(Any(tuple(All((p, Not(q))) for p, q in pairwise(pairs))))))
    made = tables(tmp_path, [{"id": "yes", "industry": "z", "website": "z.com", "external_id": "z"},
                             {"id": "no", "industry": "v3", "website": "z.com", "external_id": "z"},
                             {"id": "unknown", "industry": None, "website": "z.com", "external_id": "z"}])  # fmt: skip
    summary = assign(rules, made, tmp_path / "out.parquet", DAY, cap=4)
    assert summary.expressions == ("wide",)
    assert [row["rule_id"] for row in pq.read_table(tmp_path / "out.parquet").to_pylist()] == [
        None,
        None,
        "wide",
    ]
    assert summary.count("AE", Decision.UNASSIGNED) == 3


def test_a_review_names_the_rule_and_leaves_later_rules_untried(tmp_path: Path) -> None:
    rules = rule_set(
        rule("first", In("country", ("US",)), if_unknown=IfUnknown.REVIEW),
        rule("second", owner="u1"),
    )
    made = tables(tmp_path, [{"id": "a", "country": "Grmany"}, {"id": "b", "country": "Germany"}])
    found = run(rules, made, tmp_path)
    assert (found["a"]["decision"], found["a"]["rule_id"], found["a"]["owner_id"]) == (
        "review",
        "first",
        None,
    )
    assert found["a"]["data_issues"] == "country 'Grmany' is not a country"
    assert (found["b"]["decision"], found["b"]["rule_id"], found["b"]["data_issues"]) == (
        "assigned",
        "second",
        None,
    )


def test_a_column_that_a_rule_needs_and_the_snapshot_lacks_stops_the_run(tmp_path: Path) -> None:
    made = tables(tmp_path, [{"id": "a"}])
    pq.write_table(pq.read_table(made.accounts).drop_columns(["industry"]), made.accounts)
    with pytest.raises(AssignError, match=r"no column 'industry'.*map the field"):
        run(rule_set(rule("r", In("industry", ("x",)))), made, tmp_path)


def test_an_account_that_is_there_twice_stops_the_run_and_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "out.parquet").write_text("yesterday's")
    made = tables(tmp_path, [{"id": "a"}, {"id": "b"}, {"id": "a"}])
    with pytest.raises(AssignError, match="account 'a' more than once"):
        run(rule_set(rule()), made, tmp_path)
    assert (tmp_path / "out.parquet").read_text() == "yesterday's"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_account_without_id_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(AssignError, match="1 accounts without an id"):
        run(rule_set(rule()), tables(tmp_path, [{"id": "a"}, {"id": None}]), tmp_path)


def test_a_list_that_does_not_exist_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(AssignError, match="list 'zips', which does not exist"):
        run(rule_set(rule("r", InList("postal_code", "zips"))), tables(tmp_path, [{"id": "a"}]), tmp_path)


def test_two_owners_of_one_id_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(AssignError, match="two owners with the id 'u1'"):
        run(rule_set(rule()), tables(tmp_path, [{"id": "a"}], [*OWNERS, OWNERS[0]]), tmp_path)


def test_no_rules_or_no_accounts_are_still_an_answer(tmp_path: Path) -> None:
    assert run(rule_set(rule()), tables(tmp_path, []), tmp_path) == {}
    found = run(rule_set(), tables(tmp_path, [{"id": "a"}]), tmp_path)
    assert found["a"]["reason_code"] == "no_rule"


def test_columns_stored_in_other_types_read_the_same(tmp_path: Path) -> None:
    """Employees as text or as a double, a postal code as a number, dates as text."""
    rules = rule_set(
        rule(
            "r",
            All(
                (Between("employees", 200, 2_000), In("postal_code", ("US-02116",)), In("signed_on", (DAY,)))
            ),
        )
    )
    made = tables(tmp_path, [{"id": "a", "country": "US"}])
    plain = pq.read_table(made.accounts).drop_columns(["employees", "postal_code", "signed_on"])
    for employees in (pa.array([200.0]), pa.array(["200"]), pa.array([200], pa.uint8())):
        columns = {
            "employees": employees,
            "postal_code": pa.array([2116]),
            "signed_on": pa.array(["2026-03-01"]),
        }
        table = plain
        for name, values in columns.items():
            table = table.append_column(name, values)
        pq.write_table(table, made.accounts)
        assert run(rules, made, tmp_path)["a"]["rule_id"] == "r"


def test_little_memory_and_one_thread_change_no_byte(tmp_path: Path) -> None:
    rules = rule_set(rule("r", In("country", ("US",)), pod="both"), rule("late", owner="u1"))
    accounts = [{"id": f"a{n}", "country": "USA" if n % 2 else "Grmany"} for n in range(20_000)]
    made = tables(tmp_path, accounts)
    assign(rules, made, tmp_path / "one", DAY, threads=1, memory_limit="64MB")
    assign(rules, made, tmp_path / "two", DAY, threads=4)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_hash_of_the_rules_and_the_day_are_in_the_summary(tmp_path: Path) -> None:
    rules = replace(rule_set(rule()), hash="abc")
    summary = assign(rules, tables(tmp_path, [{"id": "a"}]), tmp_path / "out", DAY)
    assert (summary.rules_hash, summary.as_of, summary.accounts) == ("abc", DAY, 1)
