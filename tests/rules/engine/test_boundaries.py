"""The last day, the last account and the odd value, each by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rules.engine.pods.owners import owners_of
from rules.engine.pods.shares import team_of
from rules.language.condition import All, Between, Condition, FieldKind, HasPrefix, In, IsMissing, Like, Not
from rules.language.people import Absence, PodBy, Rep
from rules.language.ruleset import Action, IfUnknown
from tests.rules.engine.test_assign_cases import REPS
from tests.rules.engine.test_holds_and_exceptions import DAY, decided, hold
from tests.rules.engine.test_people import loads, new, team
from tests.rules.engine.worlds import FIELDS, Row, pod, rule, rule_set, tables

EMAILS = [f"rep{n}@example.com" for n in range(4)]
FAMILY = rule("family", action=Action.FOLLOW, territory="")


def matching(folder: Path, when: Condition, rows: list[Row], **changes: object) -> set[str]:
    """Ids of the accounts that the condition is true of."""
    found = decided(rule_set(rule("r", when, owner="u1"), **changes), tables(folder, rows), folder)
    return {id for id, row in found.items() if row["rule_id"] == "r"}


def test_an_instant_is_the_day_that_it_is_in_the_organisation_s_time_zone(tmp_path: Path) -> None:
    """New York is five hours behind in February."""
    rows: list[Row] = [
        {"id": "evening", "created_at": datetime(2026, 2, 1, 4, 59, tzinfo=UTC)},
        {"id": "midnight", "created_at": datetime(2026, 2, 1, 5, 0, tzinfo=UTC)},
    ]
    assert matching(tmp_path, Between("created_at", date(2026, 2, 1), None), rows) == {"midnight"}


def test_a_number_that_is_declared_missing_is_missing(tmp_path: Path) -> None:
    rows: list[Row] = [{"id": str(n), "employees": n, "seats": str(n)} for n in (0, 1)]
    for field in ("employees", "seats"):
        assert matching(tmp_path, Not(In(field, (7,))), rows) == {"1"}
        assert matching(tmp_path, IsMissing(field), rows) == {"0"}


@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [("a_c", {"1", "2"}), ("a_", {"0"}), ("a__", {"1", "2"}), ("_", set()), ("a%_c", {"1", "2", "3"})],
)
def test_an_underline_is_exactly_one_character(tmp_path: Path, pattern: str, fitting: set[str]) -> None:
    words = ["ac", "abc", "a.c", "abbc"]
    rows: list[Row] = [{"id": str(n), "industry": word} for n, word in enumerate(words)]
    assert matching(tmp_path, Like("industry", pattern), rows) == fitting


def test_nothing_is_not_known_of_items_that_are_missing(tmp_path: Path) -> None:
    """A blank, a declared spelling of nothing, and separators alone."""
    rows: list[Row] = [
        {"id": str(n), "industry": text} for n, text in enumerate([None, " ", "n/a", ";", "b;c", "a;b"])
    ]
    fields = {**FIELDS, "industry": FieldKind.MULTI_SELECT}
    test = In("industry", ("a",))
    assert matching(tmp_path, test, rows, fields=fields, lists={}) == {"5"}
    assert matching(tmp_path, Not(test), rows, fields=fields, lists={}) == {"4"}
    assert matching(tmp_path, IsMissing("industry"), rows, fields=fields, lists={}) == {"0", "1", "2", "3"}


def test_synonyms_are_meant_in_items_in_prefixes_and_in_text(tmp_path: Path) -> None:
    words = {"industry": {"banks": "banking"}}
    rows: list[Row] = [{"id": "one", "industry": "Banks"}, {"id": "several", "industry": "x; BANKS"}]
    for kind, fits in ((FieldKind.TEXT, {"one"}), (FieldKind.MULTI_SELECT, {"one", "several"})):
        fields = {**FIELDS, "industry": kind}
        for test in (
            In("industry", ("banking",)),
            HasPrefix("industry", ("bankin",)),
            Like("industry", "%king"),
        ):
            assert matching(tmp_path, test, rows, fields=fields, lists={}, synonyms=words) == fits


@pytest.mark.parametrize(("days", "counts"), [(29, True), (30, False)])
def test_an_account_of_the_window_s_last_day_counts_as_a_turn(
    tmp_path: Path, days: int, counts: bool
) -> None:
    """A window of 30 days is today and the 29 days before it, as days are counted in New York."""
    made = datetime(2026, 12, 28, 23, 0, tzinfo=UTC) - timedelta(days=days)
    rows = [
        *new(4, owner_id="u00", created_at=made),
        *({"id": f"b{n}", "created_at": made} for n in range(4)),
    ]
    found = loads(team(PodBy.ROUND_ROBIN, EMAILS[:2]), rows, tmp_path)
    assert found == ({"u00": 4, "u01": 4} if counts else {"u00": 6, "u01": 2})


def test_turns_go_by_the_days_of_the_organisation_s_time_zone(tmp_path: Path) -> None:
    """Four in the morning of the first day that counts, in UTC, is still the evening before in New York."""
    made = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
    rows = [
        *new(4, owner_id="u00", created_at=made),
        *({"id": f"b{n}", "created_at": made} for n in range(4)),
    ]
    assert loads(team(PodBy.ROUND_ROBIN, EMAILS[:2]), rows, tmp_path) == {"u00": 6, "u01": 2}


def test_a_family_counts_with_all_its_accounts_for_loads_and_caps(tmp_path: Path) -> None:
    big: list[Row] = [{"id": "top"}, *({"id": f"child{n}", "parent_id": "top"} for n in range(9))]
    rules = rule_set(FAMILY, rule("r", pod="team"), pods={"team": pod("team", EMAILS[:2])})
    both = loads(rules, [*big, *new(10)], tmp_path)
    assert abs(both["u00"] - both["u01"]) <= 2, "ten accounts of one family weigh as ten others do"


def test_who_follows_somebody_that_is_held_counts_against_the_cap(tmp_path: Path) -> None:
    held: list[Row] = [
        {"id": "top", "owner_id": "u00"}, *({"id": f"child{n}", "parent_id": "top"} for n in range(9))
    ]  # fmt: skip
    reps = {EMAILS[0]: Rep(EMAILS[0], cap=10)}
    rules = rule_set(FAMILY, rule("r", pod="team"), pods={"team": pod("team", EMAILS[:2])}, reps=reps)
    assert loads(rules, [*held, *new(30)], tmp_path) == Counter({"u00": 10, "u01": 30})


@pytest.mark.parametrize(
    ("unknown", "owners"),
    [
        (IfUnknown.MATCH, ["u2", "u2", "u1"]),
        (IfUnknown.SKIP, ["u1", "u1", "u1"]),
        (IfUnknown.REVIEW, [None] * 3),
    ],
)
def test_a_hold_of_unknown_accounts_lasts_as_long_as_any_other(
    tmp_path: Path, unknown: IfUnknown, owners: list[str | None]
) -> None:
    deal = hold("deal", In("customer", (True,)), hold_days=2, if_unknown=unknown)
    rules = rule_set(deal, rule("us", owner="u1"))
    memory, found = None, []
    for night in range(3):
        made = replace(tables(tmp_path, [{"id": "a", "owner_id": "u2"}]), memory=memory)
        memory = tmp_path / f"memory{night}.parquet"
        row = decided(rules, made, tmp_path, DAY + timedelta(days=night), memory_into=memory)["a"]
        found.append(row["owner_id"])
    assert found == owners


def test_nights_of_review_are_no_nights_of_a_hold(tmp_path: Path) -> None:
    """Once the answer is known the hold begins: what was not known has held nothing."""
    deal = hold("deal", In("customer", (True,)), hold_days=2, if_unknown=IfUnknown.REVIEW)
    rules = rule_set(deal, rule("us", owner="u1"))
    memory, found = None, []
    for night, truth in enumerate([None, None, True, True, True]):
        made = tables(tmp_path, [{"id": "a", "owner_id": "u2", "customer": truth}])
        into = tmp_path / f"memory{night}.parquet"
        day = DAY + timedelta(days=night)
        row = decided(rules, replace(made, memory=memory), tmp_path, day, memory_into=into)["a"]
        found.append((row["decision"], row["owner_id"]))
        memory = into
    assert found == [("review", None)] * 2 + [("held", "u2")] * 2 + [("assigned", "u1")]


@pytest.mark.parametrize(("days", "takes"), [(-1, True), (0, False), (1, False), (2, True)])
def test_nothing_new_comes_on_the_first_and_the_last_day_of_an_absence(days: int, takes: bool) -> None:
    away = Rep(EMAILS[0], absences=(Absence(DAY, DAY + timedelta(days=1)),))
    owners = owners_of(REPS, {EMAILS[0]: away}, DAY, Path("owners.parquet"))
    assert (
        team_of(pod("team", EMAILS[:1]), owners, {EMAILS[0]: away}, DAY + timedelta(days=days)).takes is takes
    )


def test_a_condition_without_parts_is_true_of_everybody(tmp_path: Path) -> None:
    assert matching(tmp_path, All(()), [{"id": "a"}]) == {"a"}
