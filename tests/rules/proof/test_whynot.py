"""The fewest changes that make a rule win, or who is in the way for good."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rules.derive import derive
from rules.language.condition import ALWAYS, All, Any, Between, In, IsMissing, Not
from rules.language.record import normalise_record
from rules.language.ruleset import RuleSet
from rules.proof.whynot import WhyNot, why_not
from tests.rules.proof.worlds import FIELDS, accounts, rule, rule_set, rule_sets, takes


def _why(rules: RuleSet, rule_id: str, **raw: object) -> WhyNot:
    record = normalise_record(raw, rules).values  # type: ignore[arg-type]
    return why_not(rules, derive(record, rules), rule_id)


DERIVED = {"band", "tier"}
US = rule("us", In("country", ("US",)))
LARGE = rule("large", All((In("country", ("US",)), Between("employees", 200, None))))


def test_a_rule_that_wins_needs_no_change() -> None:
    assert str(_why(rule_set(US), "us", country="United States")) == "us wins"


def test_the_field_that_fails_is_named_with_the_range_that_it_must_reach() -> None:
    found = _why(rule_set(LARGE), "large", country="US", employees=120)
    assert str(found) == "large would win with employees from 120 to 200 or more"


def test_two_fields_are_named_where_one_is_not_enough() -> None:
    found = _why(rule_set(LARGE), "large", country="FR")
    assert str(found) == "large would win with country from FR to US, employees from missing to 200 or more"


def test_a_change_must_also_get_by_the_rules_before() -> None:
    named = rule("named", In("industry", ("banking",)))
    found = _why(rule_set(named, US), "us", country="US", industry="Banking")
    assert found.changes is not None
    [change] = found.changes
    assert (change.field, change.before) == ("industry", "banking")
    assert change.after != "banking"


def test_who_takes_every_account_before_is_named() -> None:
    early = rule("early", Any((In("country", ("US",)), IsMissing("employees"))))
    found = _why(rule_set(rule("other", In("country", ("DE",))), early, LARGE), "large", country="US")
    assert found == WhyNot("large", None, ("early",))
    assert str(found) == "large cannot win: early takes every account that it could take"


def test_a_contradiction_is_nobodys_fault_but_its_own() -> None:
    never = rule("never", All((In("country", ("US",)), Not(In("country", ("US",))))))
    assert _why(rule_set(never), "never", country="US") == WhyNot("never", None, ())


def test_what_may_not_change_stays() -> None:
    rules = rule_set(
        rule("id", In("external", ("7",))), US, fields={**FIELDS, "external": FIELDS["industry"]}
    )
    record = {"country": "US", "external": "8"}
    assert str(why_not(rules, record, "id")) == "id would win with external from 8 to 7"
    assert why_not(rules, record, "id", fixed=("external",)).changes is None


def test_a_state_moves_with_its_country() -> None:
    found = _why(rule_set(rule("ca", In("state", ("CA-ON",)))), "ca", country="US", state="CA")
    assert str(found) == "ca would win with country from US to CA, state from CA to ON"


def test_a_band_is_reached_by_what_it_is_made_of() -> None:
    [change] = _why(rule_set(rule("mid", In("band", ("mid",)))), "mid", employees=120).changes or ()
    assert change.field == "employees"
    assert 200 <= int(str(change.after)) < 1000


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(rule_sets(), st.data())
def test_no_account_with_fewer_changes_wins(made: tuple[list[str], RuleSet], data: st.DataObject) -> None:
    fields, rules = made
    # What the domains exclude is no account: one of them cannot be asked about.
    every = list(accounts([name for name in fields if name not in DERIVED], rules))
    assume(every and not DERIVED & set(fields))
    start = data.draw(st.sampled_from(every))
    wanted = data.draw(st.sampled_from(rules.rules))
    found = why_not(rules, start, wanted.id)
    assert found.is_decided
    winning = [r for r in every if next((x for x in rules.rules if takes(x, r, rules)), None) is wanted]
    distances = [sum(r.get(f) != start.get(f) for f in FIELDS if f not in DERIVED) for r in winning]
    if distances:
        assert found.changes is not None
        assert len(found.changes) <= min(distances)


def test_every_account_wins_by_a_catch_all() -> None:
    assert str(_why(rule_set(rule("rest", ALWAYS)), "rest")) == "rest wins"
