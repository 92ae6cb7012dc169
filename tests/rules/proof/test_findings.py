"""What each finding says, and when it is not said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rules.language.active import Active
from rules.language.condition import (
    ALWAYS,
    All,
    Any,
    Between,
    FieldKind,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Like,
    Not,
)
from rules.language.derived import Computed, Measure, OfOpportunities
from rules.language.expression import Arithmetic, Branch, Case, Column, Literal, Operator
from rules.language.ruleset import (
    EXCEPTIONS,
    Action,
    Domain,
    ExceptionNote,
    IfUnknown,
    Rule,
    RuleSet,
    ValueList,
)
from rules.proof.check import ProofError, checked
from rules.proof.codes import ProofCode, Severity
from rules.proof.findings import Finding
from rules.proof.lint import prove
from tests.rules.proof.worlds import FIELDS, HERE, rule, rule_set

DAY = date(2026, 11, 23)
US = rule("us", In("country", ("US",)))
LARGE = rule("large", Between("employees", 200, None))
SMALL = rule("small", Between("employees", None, 200))
REST = rule("rest", ALWAYS, level="catch_all")
LEVELS = ("named", "geography", "catch_all")


def _found(*rules: Rule, **changes: object) -> list[Finding]:
    found = prove(rule_set(*rules, levels=LEVELS, **changes), DAY)
    return [finding for finding in found if finding.code is not ProofCode.CATCH_ALL]


def _codes(*rules: Rule, **changes: object) -> list[ProofCode]:
    return [finding.code for finding in _found(*rules, **changes)]


def test_an_overlap_is_shown_by_an_account_that_a_person_can_read() -> None:
    [found] = _found(US, LARGE, REST)
    assert (found.code, found.severity, found.rules, found.winner) == (
        ProofCode.OVERLAP, Severity.ERROR, ("large", "us"), "us",
    )  # fmt: skip
    assert str(found) == (
        "rules.yaml:1:1: error P001 rules us (t.us) and large (t.large) can match one account; keep them apart, "
        "or say 'over: [large]' in us\n    for example country: US, employees: 200"
    )


def test_an_overlap_by_one_of_several_alternatives_is_found() -> None:
    either = rule("either", Any((US.when, In("industry", ("bank",)), IsMissing("employees"))))
    german = rule("german", All((In("country", ("DE",)), In("industry", ("bank", "retail")), LARGE.when)))
    [found] = _found(either, german, REST)
    assert found.witness is not None
    assert (found.witness.values["country"], found.witness.values["industry"]) == ("DE", "bank")


def test_an_overlap_by_what_a_rule_does_not_exclude_is_found() -> None:
    outside = rule("outside", Not(All((US.when, LARGE.when))))
    small = rule("small", All((US.when, SMALL.when)))
    assert _codes(outside, small, REST) == [ProofCode.SHADOWED]
    assert _codes(small, outside, REST) == [ProofCode.OVERLAP]


def test_rules_that_lead_to_one_place_or_name_each_other_do_not_overlap() -> None:
    assert _codes(US, replace(LARGE, territory="t.us"), REST) == []
    assert _codes(replace(US, over=("large",)), LARGE, REST) == []


def test_rules_of_two_levels_or_roles_do_not_overlap() -> None:
    assert _codes(replace(US, level="named"), LARGE, REST) == []
    assert ProofCode.OVERLAP not in _codes(US, replace(LARGE, role="CSM"), REST)


def test_what_a_higher_level_takes_is_no_overlap() -> None:
    both = rule("both", All((US.when, LARGE.when)), level="named")
    assert _codes(both, US, LARGE, REST) == []


def test_a_hold_above_keeps_no_overlap_apart() -> None:
    hold = rule("hold", All((US.when, LARGE.when)), level="named", action=Action.KEEP, territory="")
    assert _codes(hold, US, LARGE, REST) == [ProofCode.OVERLAP]


def test_a_rule_that_others_together_leave_nothing_names_the_fewest_of_them() -> None:
    unrelated = rule("unrelated", In("industry", ("retail",)), level="named")
    late = rule("late", All((US.when, Not(IsMissing("employees")))), level="catch_all")
    [found] = _found(unrelated, SMALL, LARGE, late, REST)
    assert (found.code, found.rules) == (ProofCode.SHADOWED, ("late", "small", "large"))
    assert found.witness is not None
    assert found.winner in ("small", "large", "unrelated")


def test_a_rule_that_asks_for_review_shadows_what_is_unknown_too() -> None:
    late = rule("late", IsMissing("employees"), level="catch_all")
    assert _codes(replace(LARGE, if_unknown=IfUnknown.REVIEW), late, REST) == [ProofCode.SHADOWED]
    assert _codes(LARGE, late, REST) == []


def test_a_hold_leaves_the_rules_beneath_their_territories() -> None:
    hold = rule("hold", ALWAYS, level="named", action=Action.KEEP, territory="")
    assert _codes(hold, US, REST) == []


def test_a_contradiction_is_said_to_be_one() -> None:
    never = rule("never", All((In("country", ("US",)), In("state", ("DE-BY",)))))
    [found] = _found(never, REST)
    assert (found.code, found.rules, found.witness) == (ProofCode.CONTRADICTION, ("never",), None)


def test_a_country_is_known_where_its_state_or_postal_code_is() -> None:
    missing = IsMissing("country")
    assert _codes(rule("a", All((missing, In("state", ("US-CA",))))), REST) == [ProofCode.CONTRADICTION]
    assert _codes(rule("b", All((missing, HasPrefix("postal_code", ("US-0",))))), REST) == [
        ProofCode.CONTRADICTION
    ]


def test_a_gap_is_a_warning_for_the_first_role_and_a_note_for_others() -> None:
    csm = replace(US, id="csm", role="CSM")
    found = _found(US, csm)
    assert [(f.code, f.severity, f.role) for f in found] == [
        (ProofCode.GAP, Severity.WARNING, "AE"), (ProofCode.GAP, Severity.NOTE, "CSM"),
    ]  # fmt: skip
    assert "country: DE" in str(found[0].witness) or "country: " in str(found[0].witness)


def test_domains_close_a_gap() -> None:
    rules = [rule(country, In("country", (country,))) for country in ("US", "DE")]
    domain = Domain(required=True, values=("US", "DE"))
    assert _codes(*rules, domains={"country": domain}) == []
    assert _codes(*rules, domains={"country": replace(domain, required=False)}) == [ProofCode.GAP]


def test_bands_that_cover_every_number_leave_only_the_missing_one() -> None:
    bands = [rule(name, In("band", (name,))) for name in ("small", "mid", "big")]
    [found] = _found(*bands)
    assert found.code is ProofCode.GAP
    assert {found.witness and found.witness.values.get(f) for f in ("employees", "annual_revenue")} == {None}
    assert _codes(*bands, domains={"employees": Domain(required=True)}) == []


def test_lists_that_share_values_are_said_to() -> None:
    lists = {
        name: ValueList(name, FieldKind.POSTAL_CODE, values, None, "", HERE)
        for name, values in {"east": ("US-02116", "US-02117"), "west": ("US-02117", "US-90001")}.items()
    }
    east, west = (rule(name, InList("postal_code", name)) for name in lists)
    [found] = _found(east, west, REST, lists=lists)
    assert found.code is ProofCode.LISTS
    assert str(found.witness) == "postal code: 02117, country: US"


def test_patterns_are_told_apart_exactly() -> None:
    inside = rule("inside", Like("industry", "%bank%"))
    ending = rule("ending", Like("industry", "%banking"))
    [found] = _found(inside, ending, REST)
    assert found.code is ProofCode.SHADOWED
    other = rule("other", Like("industry", "retail%"))
    [found] = _found(inside, other, REST)
    assert found.witness is not None
    assert str(found.witness.values["industry"]).startswith("retail")
    assert "bank" in str(found.witness.values["industry"])


def test_two_items_of_a_multi_select_meet_two_rules() -> None:
    one, other = (rule(item, In("segments", (item,))) for item in ("a", "b"))
    [found] = _found(one, other, REST)
    assert str(found.witness) == "segments: A and B"


def test_exceptions_that_end_or_ended_are_said() -> None:
    def exception(id: str, until: date) -> Rule:
        note = ExceptionNote("vp@example.com", "agreed")
        when = In("industry", (id,))
        return rule(id, when, level=EXCEPTIONS, exception=note, active=Active(until=until))

    found = _found(
        exception("today", DAY), exception("soon", date(2026, 12, 7)), exception("later", date(2026, 12, 8)),
        exception("over", date(2026, 11, 22)), REST,
    )  # fmt: skip
    assert sorted((f.rules[0], f.code) for f in found) == [
        ("over", ProofCode.ENDED), ("soon", ProofCode.ENDS_SOON), ("today", ProofCode.ENDS_SOON),
    ]  # fmt: skip


def test_two_live_exceptions_on_one_account_are_an_error_and_by_two_fields_a_note() -> None:
    note = ExceptionNote("vp@example.com", "agreed")
    one = rule("one", In("website", ("acme.com",)), level=EXCEPTIONS, exception=note)
    same = rule("same", In("website", ("acme.com", "initech.com")), level=EXCEPTIONS, exception=note)
    apart = rule("apart", In("industry", ("retail",)), level=EXCEPTIONS, exception=note)
    assert [f.severity for f in _found(one, same, REST)] == [Severity.ERROR]
    assert [f.severity for f in _found(one, apart, REST)] == [Severity.NOTE]


def test_a_rule_whose_days_are_over_is_said_to_be_past_and_decides_nothing() -> None:
    past = replace(US, active=Active(until=date(2026, 11, 22)))
    assert _codes(past, LARGE, REST) == [ProofCode.PAST]
    future = replace(US, active=Active(since=date(2026, 11, 24)))
    assert _codes(future, LARGE, REST) == []


def test_over_is_needless_where_rules_cannot_meet_or_stand_the_other_way() -> None:
    de = rule("de", In("country", ("DE",)))
    assert _codes(replace(US, over=("de",)), de, REST) == [ProofCode.NEEDLESS_OVER]
    [found] = _found(US, replace(LARGE, over=("us",)), REST)
    assert (found.code, found.severity) == (ProofCode.NEEDLESS_OVER, Severity.WARNING)


def test_what_an_expression_gives_is_worked_out_where_it_is_a_choice_of_constants() -> None:
    tier = Computed(
        "tier", FieldKind.TEXT,
        Case((Branch(Between("employees", 200, None), Literal("a")), Branch(US.when, Literal("b"))), Literal("c")), HERE,
    )  # fmt: skip
    fields = {**FIELDS, "tier": FieldKind.TEXT}
    never = rule("never", All((In("tier", ("b",)), Between("employees", 300, None))))
    some = rule("some", All((In("tier", ("b",)), In("country", ("US",)))))
    assert _codes(never, REST, fields=fields, derived={"tier": tier}) == [ProofCode.CONTRADICTION]
    assert _codes(some, REST, fields=fields, derived={"tier": tier}) == []
    none = rule("none", In("tier", ("d",)))
    assert _codes(none, REST, fields=fields, derived={"tier": tier}) == [ProofCode.CONTRADICTION]


def test_arithmetic_is_shown_by_an_account_or_left_undecided() -> None:
    ratio = Computed(
        "ratio", FieldKind.NUMBER,
        Arithmetic(Operator.DIVIDED_BY, Column("annual_revenue"), Column("employees")), HERE,
    )  # fmt: skip
    changes = {"fields": {**FIELDS, "ratio": FieldKind.NUMBER}, "derived": {"ratio": ratio}}
    high = rule("high", Between("ratio", 100.0, None))
    [found] = _found(high, US, REST, **changes)
    assert found.code in (ProofCode.OVERLAP, ProofCode.UNDECIDED)
    odd = rule(
        "odd",
        All(
            (Between("ratio", 1.0, None), Between("annual_revenue", None, 1.0), Between("employees", 2, None))
        ),
    )
    assert _codes(odd, REST, **changes) == [ProofCode.UNDECIDED]


def test_whether_a_deal_is_open_is_never_missing() -> None:
    fact = OfOpportunities("hot", FieldKind.BOOLEAN, Measure.ANY, None, ALWAYS, HERE)
    changes = {"fields": {**FIELDS, "hot": FieldKind.BOOLEAN}, "derived": {"hot": fact}}
    yes, no = rule("yes", In("hot", (True,))), rule("no", In("hot", (False,)))
    assert _codes(yes, no, **changes) == []


def test_a_witness_that_does_not_show_its_fault_is_never_printed() -> None:
    rules = rule_set(US, LARGE, REST)
    [found] = [f for f in prove(rules, DAY) if f.code is ProofCode.OVERLAP]
    lying = replace(found, rules=("large", "rest"), witness=replace(found.witness, values={"country": "US"}))
    with pytest.raises(ProofError, match="this is a fault of the program"):
        list(checked([lying], rules))


def test_equal_rules_give_equal_findings() -> None:
    made: RuleSet = rule_set(US, LARGE, rule("any", Any((US.when, LARGE.when)), level="named"), levels=LEVELS)
    assert prove(made, DAY) == prove(made, DAY)
