"""What rules that take the unknown share with others, and who is in the way at the least."""

from __future__ import annotations

from datetime import date

from rules.language.condition import ALWAYS, All, Between, In, IsMissing, Not
from rules.language.record import normalise_record
from rules.language.ruleset import IfUnknown
from rules.proof.codes import ProofCode
from rules.proof.lint import prove
from rules.proof.whynot import why_not
from tests.rules.proof.worlds import rule, rule_set

DAY = date(2026, 11, 23)
US = In("country", ("US",))
LARGE = Between("employees", 200, None)
REST = rule("rest", ALWAYS, level="catch_all")


def test_rules_that_meet_only_where_a_field_is_missing_overlap() -> None:
    lenient = rule("lenient", All((US, LARGE)), if_unknown=IfUnknown.MATCH)
    missing = rule("missing", IsMissing("country"))
    found = prove(rule_set(lenient, missing, REST, levels=("geography", "catch_all")), DAY)
    [overlap] = [finding for finding in found if finding.code is ProofCode.OVERLAP]
    assert set(overlap.rules) == {"lenient", "missing"}
    assert overlap.witness is not None
    assert overlap.witness.values.get("country") is None


def test_so_do_rules_that_wait_for_a_person_there() -> None:
    review = rule("review", All((US, LARGE)), if_unknown=IfUnknown.REVIEW)
    other = rule("other", Not(In("industry", ("banking",))), if_unknown=IfUnknown.REVIEW)
    missing = rule("missing", All((IsMissing("country"), In("industry", ("banking",)))))
    found = prove(rule_set(review, other, missing, REST, levels=("geography", "catch_all")), DAY)
    pairs = {frozenset(finding.rules) for finding in found if finding.code is ProofCode.OVERLAP}
    assert frozenset({"review", "missing"}) in pairs
    assert frozenset({"other", "missing"}) not in pairs


def test_only_rules_that_are_in_the_way_for_good_are_named() -> None:
    """One that could be got round is not, though it takes the account as it is."""
    rules = rule_set(
        rule("banks", In("industry", ("banking",))),
        rule("us", US),
        rule("abroad", Not(US)),
        rule("nowhere", IsMissing("country")),
        rule("never", LARGE),
    )
    record = normalise_record({"country": "US", "industry": "Banking", "employees": 10}, rules).values
    found = why_not(rules, record, "never")
    assert found.changes is None
    assert found.is_decided
    assert set(found.blocked_by) == {"us", "abroad", "nowhere"}
