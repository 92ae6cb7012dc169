"""Holds and exceptions by name: whom they protect, for how long, and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any as Anything

import pyarrow.parquet as pq

from rules.engine.assign import assign
from rules.language.active import Active, FiscalWindow, Period
from rules.language.condition import ALWAYS, Any, Between, Condition, FieldKind, In, IsMissing, Not
from rules.language.people import Rep
from rules.language.ruleset import EXCEPTIONS, Action, ExceptionNote, IfUnknown, Mode, Rule, RuleSet
from rules.tables import Decision, Tables
from tests.rules.engine.worlds import Row, rule, rule_set, tables

DAY = date(2026, 12, 28)
QUARTER_END = Active(fiscal=FiscalWindow(Period.QUARTER, last_days=10))


def hold(id: str = "freeze", when: Condition = ALWAYS, **changes: Anything) -> Rule:
    """A rule that keeps."""
    return rule(id, when, action=Action.KEEP, territory="", **changes)


def decided(
    rules: RuleSet, made: Tables, folder: Path, day: date = DAY, **options: Anything
) -> dict[str, dict[str, Anything]]:
    """Assignments by account id."""
    assign(rules, made, folder / "out.parquet", day, **options)
    return {row["account_id"]: row for row in pq.read_table(folder / "out.parquet").to_pylist()}


def test_a_hold_keeps_the_owner_and_shows_the_territory_beneath(tmp_path: Path) -> None:
    rules = rule_set(
        hold(active=QUARTER_END), hold("later"), rule("us", In("country", ("US",)), owner="u1"), rule("rest")
    )
    rows: list[Row] = [{"id": "a", "country": "US", "owner_id": "u2"}, {"id": "b", "owner_id": "u2"}]
    found = decided(rules, tables(tmp_path, rows), tmp_path)
    a = found["a"]
    assert (a["decision"], a["reason_code"], a["owner_id"], a["rule_id"]) == ("held", "held", "u2", "freeze")
    assert (a["territory"], found["b"]["territory"]) == ("t.us", "t.rest")
    assert a["reason"] == "freeze: every account; the owner stays until 2026-12-31"


def test_a_freeze_is_over_the_day_after_its_window(tmp_path: Path) -> None:
    rules = rule_set(hold(active=QUARTER_END), rule("us", owner="u1"))
    made = tables(tmp_path, [{"id": "a", "owner_id": "u2"}])
    assert decided(rules, made, tmp_path, date(2026, 12, 31))["a"]["owner_id"] == "u2"
    assert decided(rules, made, tmp_path, date(2027, 1, 1))["a"]["owner_id"] == "u1"


def test_a_hold_protects_an_owner_and_nothing_else(tmp_path: Path) -> None:
    """Nobody, an unknown id, somebody inactive, a queue and somebody who left: the rule beneath decides."""
    rules = rule_set(
        hold(), rule("us", owner="u1"), reps={"lee@example.com": Rep("lee@example.com", last_day=date(2026, 12, 27))}
    )  # fmt: skip
    owners = [None, "", "gone", "u3", "u4", "u2"]
    made = tables(tmp_path, [{"id": f"a{n}", "owner_id": owner} for n, owner in enumerate(owners)])
    assert {row["decision"] for row in decided(rules, made, tmp_path).values()} == {"assigned"}


def test_a_role_without_a_holder_has_nothing_to_hold(tmp_path: Path) -> None:
    rules = rule_set(
        hold(), rule("us", owner="u1"), hold("csm", role="CSM"), rule("c", owner="u1", role="CSM")
    )
    made = tables(tmp_path, [{"id": "a", "owner_id": "u2", "csm_id": "u2"}])

    def decisions(rules: RuleSet) -> list[tuple[str, str]]:
        assign(rules, made, tmp_path / "out.parquet", DAY)
        rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
        return [(row["role"], row["decision"]) for row in rows]

    assert decisions(rules) == [("AE", "held"), ("CSM", "assigned")]
    assert decisions(replace(rules, holders={"CSM": "csm_id"})) == [("AE", "held"), ("CSM", "held")]


def test_a_hold_of_two_days_ends_on_the_third_night_and_begins_again_after_a_break(tmp_path: Path) -> None:
    rules = rule_set(hold("deal", In("customer", (True,)), hold_days=2), rule("us", owner="u1"))
    nights = [True, True, True, None, True]
    memory, owners = None, []
    for night, truth in enumerate(nights):
        made = tables(tmp_path, [{"id": "a", "owner_id": "u2", "customer": truth}])
        into = tmp_path / f"memory{night}.parquet"
        found = decided(
            rules, replace(made, memory=memory), tmp_path, DAY + timedelta(days=night), memory_into=into
        )
        owners.append(found["a"]["owner_id"])
        memory = into
    assert owners == ["u2", "u2", "u1", "u1", "u2"]


def test_a_hold_of_days_says_so(tmp_path: Path) -> None:
    rules = rule_set(
        hold("deal", In("customer", (True,)), hold_days=90, active=Active(until=date(2027, 1, 31)))
    )
    found = decided(rules, tables(tmp_path, [{"id": "a", "owner_id": "u2", "customer": True}]), tmp_path)
    assert found["a"]["reason"] == "deal: customer is true; the owner stays until 2027-01-31, at most 90 days"


def test_an_exception_comes_first_and_says_who_made_it(tmp_path: Path) -> None:
    note = ExceptionNote("vp@example.com", "she knows\nthem")
    until = Active(until=date(2026, 12, 31))
    fields = {**rule_set().fields, "id": FieldKind.ID}
    named = {"level": EXCEPTIONS, "exception": note, "active": until}
    rules = rule_set(
        rule("exception:a", In("id", ("a",)), owner="u2", territory="strategic", **named),
        rule("exception:b", In("id", ("b",)), owner="u2", territory="", **named),
        rule("exception:c", In("id", ("c",)), owner="u9", territory="strategic", **named),
        hold("exception:d", In("id", ("d",)), **named),
        rule("us", owner="u1"),
        fields=fields,
    )
    made = tables(tmp_path, [{"id": id, "owner_id": "u7"} for id in "abcd"])
    found = decided(rules, made, tmp_path)
    shown = {id: (r["decision"], r["reason_code"], r["territory"], r["owner_id"]) for id, r in found.items()}
    assert shown == {
        "a": ("assigned", "exception", "strategic", "u2"),
        "b": ("assigned", "exception", "t.us", "u2"),
        "c": ("unassigned", "owner_unknown", "strategic", None),
        "d": ("held", "exception", "t.us", "u7"),
    }
    sentence = "exception by vp@example.com until 2026-12-31: she knows them"
    assert found["a"]["reason"] == sentence
    assert found["c"]["reason"] == f"{sentence}; u9 is not a user of the CRM"
    assert found["d"]["reason"] == f"{sentence}; the owner stays"
    after = decided(rules, made, tmp_path, date(2027, 1, 1))
    assert {row["reason_code"] for row in after.values()} == {"matched"}


def test_a_review_names_the_fields_that_may_be_missing(tmp_path: Path) -> None:
    condition = Any((In("country", ("US",)), Not(Between("employees", 1, 9)), IsMissing("industry")))
    rules = rule_set(rule("us", condition, if_unknown=IfUnknown.REVIEW))
    found = decided(rules, tables(tmp_path, [{"id": "a", "industry": "x"}]), tmp_path)
    assert found["a"]["reason"] == (
        "us cannot be decided, as country or employees is missing; a person must look"
    )


def test_two_users_of_one_email_are_told_from_nobody(tmp_path: Path) -> None:
    rules = rule_set(
        rule("twin", In("country", ("US",)), owner="twin@example.com"), rule("none", owner="x@example.com")
    )
    found = decided(rules, tables(tmp_path, [{"id": "a", "country": "US"}, {"id": "b"}]), tmp_path)
    assert found["a"]["reason"].endswith("2 active users have the email twin@example.com (u6, u7)")
    assert found["b"]["reason"].endswith("x@example.com is not a user of the CRM")


def test_equal_outcomes_are_one_tally(tmp_path: Path) -> None:
    rules = rule_set(
        rule("family", action=Action.FOLLOW, territory=""),
        rule("us", In("country", ("US",)), owner="u1"),
        rule("rest", owner="u1", mode=Mode.ONLY_UNASSIGNED),
    )
    rows: list[Row] = [{"id": "p", "country": "US"}, {"id": "q", "country": "DE"},
                       {"id": "a", "parent_id": "p"}, {"id": "b", "parent_id": "q"}]  # fmt: skip
    summary = assign(rules, tables(tmp_path, rows), tmp_path / "out.parquet", DAY)
    assert [(t.rule_id, str(t.code), t.accounts) for t in summary.tallies] == [
        ("family", "family", 2),
        ("rest", "matched", 1),
        ("us", "matched", 1),
    ]
    assert summary.count("AE", Decision.ASSIGNED) == 4
