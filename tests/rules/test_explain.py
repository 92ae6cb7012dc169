"""An explanation names the rule that won, the test at which each other ended, and what was compared."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.explanation.explain import explain
from rules.explanation.telling import WIDTH, render
from rules.language.condition import (
    ALWAYS,
    All,
    Any,
    Between,
    Condition,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Not,
)
from rules.language.load import load_rules
from rules.language.record import normalise_record
from rules.language.ruleset import RuleSet
from rules.reasons import reason_of, words_of
from tests.rules.language.worlds import write_rules

DAY = date(2026, 11, 23)
RULES = """\
version: 1
missing_values: ["", "N/A"]
missing_numbers: {employees: [0]}
as_of: {timezone: America/New_York}
lists:
  boston_zips: {file: lists/boston.csv, type: postal_code, country: US}
pods:
  boston-smb: {members: [ana@example.com, lee@example.com]}
rules:
  - id: strategic
    level: named
    where: "annual_revenue >= 1e9 and industry in ('Banking', 'Insurance')"
    assign: {territory: strategic, owner: kim@example.com}
  - id: boston-smb
    level: geography
    when: {country: US, postal_code: {in_list: boston_zips}, employees: {from: 1, below: 200}}
    assign: {territory: us.east.boston, pod: boston-smb}
  - id: unsized
    level: segment
    when: {employees: {from: 1000}, country: {not_in: [US]}}
    if_unknown: review
    assign: {territory: review}
  - id: success
    level: segment
    when: {type: customer}
    if_unknown: match
    assign: {territory: cs, role: CSM, owner: max@example.com}
  - id: rest
    level: catch_all
    when: {}
    assign: {territory: rest}
"""


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    return load_rules(write_rules(tmp_path, RULES, boston="zip\n02116\n"))


def test_the_winner_its_reason_and_the_first_failing_test_of_each_other_are_told(rules: RuleSet) -> None:
    raw = {"country": "U.S.A.", "postal_code": "2116", "employees": 12, "annual_revenue": 5e6}
    ae, _ = explain(raw, rules, DAY)
    assert ae.winner is not None and ae.winner.id == "boston-smb"
    assert ae.reason == "boston-smb: country is US, postal code in boston_zips, employees in 1..200"
    strategic = ae.tried[0]
    assert (strategic.truth, strategic.failed) == (False, "annual revenue from 1,000,000,000")
    assert [str(c) for c in strategic.compared] == ["annual revenue is 5,000,000"]


def test_the_rendered_text_is_what_a_person_reads_in_the_terminal(rules: RuleSet) -> None:
    raw = {"country": "U.S.A.", "postal_code": "2116", "employees": 12, "annual_revenue": 5e6}
    ae, csm = explain(raw, rules, DAY)
    assert render(ae, every_rule=True) == "\n".join([
        "AE: us.east.boston, pod boston-smb",
        "  boston-smb: country is US, postal code in boston_zips, employees in 1..200",
        "  ✗ named      strategic   asks annual revenue from 1,000,000,000: annual revenue is 5,000,000",
        "  ✗ segment    unsized     asks employees from 1,000: employees is 12",
        "  → geography  boston-smb",
        "  ✓ catch_all  rest        matches, but an earlier rule won",
    ])  # fmt: skip
    assert render(csm) == "\n".join([
        "CSM: cs, max@example.com",
        "  success: type is customer",
        "  → segment  success  asks type is customer: type is missing; the rule takes what it cannot tell",
    ])  # fmt: skip


def test_values_that_could_not_be_read_are_told_with_what_depends_on_them(rules: RuleSet) -> None:
    ae, _ = explain(
        {"country": "Grmany", "state": "CA", "employees": "few", "website": "x@gmail.com"}, rules, DAY
    )
    assert ae.issues == (
        "country 'Grmany' is not a country",
        "state 'CA' has no country",
        "website 'x@gmail.com' is a free-mail domain",
        "employees 'few' is not a whole number",
    )
    assert "! country 'Grmany' is not a country" in render(ae)


def test_review_says_so_and_gives_no_owner(rules: RuleSet) -> None:
    ae, _ = explain({"country": "Germany", "employees": 0}, rules, DAY)
    assert ae.is_review
    assert render(ae).splitlines()[0] == "AE: review, at rule unsized"
    assert ae.reason == "unsized cannot be decided, as employees or country is missing; a person must look"


def test_no_rule_is_an_answer_too(tmp_path: Path) -> None:
    text = "version: 1\nrules:\n  - {id: a, level: named, when: {city: x}, assign: {territory: t}}\n"
    [ae] = explain({"city": "y"}, load_rules(write_rules(tmp_path, text)), DAY)
    assert (ae.winner, ae.reason) == (None, "no rule matches")
    assert render(ae) == "AE: unassigned\n  no rule matches\n  ✗ named  a  asks city is x: city is y"


def test_declared_missing_values_and_numbers_are_missing_without_an_issue(rules: RuleSet) -> None:
    record = normalise_record({"industry": " n/a ", "employees": 0, "annual_revenue": 0.0}, rules)
    assert record.values["industry"] is None and record.values["employees"] is None
    assert record.values["annual_revenue"] == 0.0
    assert not record.issues


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["country", "state", "city", "industry", "website", "type"]), st.text(max_size=20)
    )
)
def test_nothing_of_the_crm_reaches_the_terminal_raw(rules: RuleSet, raw: dict[str, str]) -> None:
    """No control or bidirectional character, and no line that is wider than a terminal."""
    for explanation in explain(raw, rules, DAY):
        lines = render(explanation, every_rule=True).split("\n")
        assert all(line.isprintable() and len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (ALWAYS, "every account"),
        (In("country", ("US",)), "country is US"),
        (In("country", ("DE", "AT", "CH")), "country is DE, AT or CH"),
        (In("city", tuple("abcdefg")), "city is one of a, b, c, d, e and 2 more"),
        (Not(In("city", ("a", "b"))), "city is not a or b"),
        (InList("postal_code", "boston_zips"), "postal code in boston_zips"),
        (Not(InList("postal_code", "boston_zips")), "postal code not in boston_zips"),
        (HasPrefix("name", ("new ",)), "name begins with new "),
        (IsMissing("industry"), "industry is missing"),
        (Not(IsMissing("industry")), "industry is known"),
        (Between("employees", 1.0, 200.0), "employees in 1..200"),
        (Between("employees", 200.0), "employees from 200"),
        (Between("employees", None, 200.0), "employees below 200"),
        (Between("employees", 1.0, 200.0, False, True), "employees above 1 and up to 200"),
        (Between("annual_revenue", 1e9), "annual revenue from 1,000,000,000"),
        (Between("score", 0.5), "score from 0.5"),
        (Any((In("city", ("a",)), In("city", ("b",)))), "city is a or city is b"),
        (
            All((In("country", ("US",)), Any((In("city", ("a",)), All((In("city", ("b",)), IsMissing("state"))))))),
            "country is US, (city is a or (city is b and state is missing))",
        ),
        (Not(Any((In("city", ("a",)), IsMissing("city")))), "not (city is a or city is missing)"),
        (In("customer", (True,)), "customer is true"),
    ],
)  # fmt: skip
def test_conditions_read_as_sentences(condition: Condition, words: str) -> None:
    assert words_of(condition) == words


def test_a_rules_reason_begins_with_its_id(rules: RuleSet) -> None:
    assert reason_of(rules.rules[-1]) == "rest: every account"
