"""What an edit changes in meaning, shown by an account or proved to be nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.language.condition import ALWAYS, All, Any, Between, FieldKind, In, InList, Not
from rules.language.derived import Computed
from rules.language.expression import Arithmetic, Column, Literal, Operator
from rules.language.ruleset import Action, IfUnknown, Rule, RuleSet, ValueList
from rules.proof.changed import Differences, Edit, differences
from tests.rules.proof.worlds import (
    FIELDS,
    HERE,
    Record,
    accounts,
    conditions,
    rule,
    rule_set,
    rule_sets,
    takes,
)

DAY = date(2026, 11, 23)
US = rule("us", In("country", ("US",)))
DE = rule("de", In("country", ("DE",)))
LARGE = rule("large", Between("employees", 200, None))
REST = rule("rest", ALWAYS)


def _of(before: RuleSet, after: RuleSet) -> Differences:
    return differences(before, after, DAY)


def test_equal_rules_differ_in_nothing() -> None:
    rules = rule_set(US, DE)
    assert _of(rules, rules) == Differences((), ())


def test_a_condition_said_otherwise_is_proved_to_mean_the_same() -> None:
    outside = replace(LARGE, when=Not(Not(All((Between("employees", 200, 300),)))))
    both = replace(LARGE, when=Any((outside.when, Between("employees", 300, None))))
    found = _of(rule_set(LARGE, REST), rule_set(both, REST))
    assert [d.edit for d in found.rules] == [Edit.CHANGED]
    assert found.is_proved_equal


def test_a_moved_border_has_an_account_between_the_old_and_the_new() -> None:
    lower = replace(LARGE, when=Between("employees", 150, None))
    [found] = _of(rule_set(LARGE, REST), rule_set(lower, REST)).rules
    assert found.witness is not None
    assert 150 <= int(str(found.witness.values["employees"])) < 200
    assert (found.before, found.after) == ("t.rest by rule rest", "t.large by rule large")


def test_rules_that_cannot_meet_may_change_places() -> None:
    found = _of(rule_set(US, DE), rule_set(DE, US))
    assert [d.edit for d in found.rules] == [Edit.MOVED]
    assert found.is_proved_equal


def test_rules_that_meet_may_not() -> None:
    [found] = _of(rule_set(US, LARGE), rule_set(LARGE, US)).rules
    assert found.witness is not None
    assert {found.before, found.after} == {"t.us by rule us", "t.large by rule large"}


def test_added_and_removed_rules_are_shown() -> None:
    found = _of(rule_set(US), rule_set(DE)).rules
    assert [(d.rule, d.edit, d.before, d.after) for d in found] == [
        ("de", Edit.ADDED, "nobody's", "t.de by rule de"),
        ("us", Edit.REMOVED, "t.us by rule us", "nobody's"),
    ]


def test_a_new_name_of_a_rule_changes_nothing() -> None:
    renamed = replace(US, id="america")
    assert _of(rule_set(US), rule_set(renamed)).is_proved_equal


def test_a_list_with_another_value_is_an_edit_of_the_rules_that_use_it() -> None:
    def of(*values: str) -> RuleSet:
        found = ValueList("named", FieldKind.DOMAIN, values, None, "", HERE)
        return rule_set(rule("named", InList("website", "named")), lists={"named": found})

    [found] = _of(of("acme.com"), of("acme.com", "initech.com")).rules
    assert found.edit is Edit.CHANGED
    assert found.witness is not None
    assert found.witness.values["website"] == "initech.com"


def test_a_hold_that_is_added_shows_in_who_stays() -> None:
    hold = rule("hold", In("customer", (True,)), action=Action.KEEP, territory="")
    [found] = _of(rule_set(US), rule_set(hold, US)).rules
    assert found.after.startswith("the present owner stays by rule hold")


def test_a_rule_that_begins_to_ask_for_review_changes_accounts_of_which_it_does_not_know() -> None:
    asking = replace(LARGE, if_unknown=IfUnknown.REVIEW)
    [found] = _of(rule_set(LARGE, REST), rule_set(asking, REST)).rules
    assert found.witness is not None
    assert found.witness.values.get("employees") is None
    assert found.after == "under review by rule large"


def test_other_missing_values_are_said_to_be_unproved() -> None:
    found = _of(rule_set(US), rule_set(US, missing_values=("", "none")))
    assert found.settings == ("missing_values",)
    assert not found.is_proved_equal


def _outcome(rules: RuleSet, record: Record) -> tuple[str, bool] | None:
    for one in rules.rules:
        if takes(one, record, rules):
            is_true = takes(replace(one, if_unknown=IfUnknown.SKIP), record, rules)
            is_review = one.if_unknown is IfUnknown.REVIEW and not is_true
            return ("", True) if is_review else (one.territory, False)
    return None


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(rule_sets(most=3), st.data())
def test_an_edit_is_proved_equal_only_where_no_account_comes_out_otherwise(
    made: tuple[list[str], RuleSet], data: st.DataObject
) -> None:
    fields, before = made
    edited: list[Rule] = list(before.rules)
    at = data.draw(st.integers(0, len(edited) - 1))
    edited[at] = replace(edited[at], when=data.draw(conditions(fields)))
    after = replace(before, rules=tuple(edited))
    moved = [r for r in accounts(fields, before) if _outcome(before, r) != _outcome(after, r)]
    found = _of(before, after)
    # Witnesses are decided by the book where they are made; here: none is missing.
    assert not moved or not found.is_proved_equal


def test_a_derived_field_that_changed_is_worked_out_from_one_that_did_not() -> None:
    """Half the revenue and a little more: between 196 and 198 the little more decides."""

    def rules(more: float) -> RuleSet:
        half = Arithmetic(Operator.DIVIDED_BY, Column("annual_revenue"), Literal(2.0))
        total = Arithmetic(Operator.PLUS, Column("half"), Literal(more))
        kinds = dict.fromkeys(("annual_revenue", "half", "total"), FieldKind.NUMBER)
        derived = {
            name: Computed(name, FieldKind.NUMBER, found, HERE)
            for name, found in (("half", half), ("total", total))
        }
        big = rule("big", Between("total", 100.0, None))
        return rule_set(big, REST, derived=derived, fields={**FIELDS, **kinds})

    [found] = _of(rules(1.0), rules(2.0)).rules
    if found.witness is None:
        assert not found.is_decided
    else:
        assert 98 <= float(str(found.witness.values["annual_revenue"])) / 2 < 99
