"""What a rule test means that says nothing of deals and relatives, and tests of fields with several items."""

from __future__ import annotations

import pytest

from rules.evaluate import evaluate
from rules.explanation.alone import alone
from rules.language.condition import ALWAYS, Condition, FieldKind, HasPrefix, In, IsMissing, Not
from rules.language.derived import Derived, Measure, OfFamily, OfOpportunities
from tests.rules.engine.worlds import HERE, rule_set

NUMBER = FieldKind.NUMBER
FACTS: dict[str, Derived] = {
    "deals": OfOpportunities("deals", NUMBER, Measure.COUNT, None, ALWAYS, HERE),
    "has_deal": OfOpportunities("has_deal", FieldKind.BOOLEAN, Measure.ANY, None, ALWAYS, HERE),
    "pipeline": OfOpportunities("pipeline", NUMBER, Measure.SUM, "amount", ALWAYS, HERE),
    "members": OfFamily("members", NUMBER, Measure.COUNT, None, HERE),
    "staff": OfFamily("staff", NUMBER, Measure.SUM, "employees", HERE),
    "any_customer": OfFamily("any_customer", FieldKind.BOOLEAN, Measure.ANY, "customer", HERE),
}


def test_an_account_alone_has_no_deals_and_is_its_own_family() -> None:
    found = alone({"employees": 7, "customer": None}, rule_set(derived=FACTS), {})
    facts = {name: found[name] for name in FACTS}
    assert facts == {
        "deals": 0.0, "has_deal": False, "pipeline": None, "members": 1.0, "staff": 7, "any_customer": False
    }  # fmt: skip


def test_what_is_given_stays() -> None:
    found = alone({"deals": 3.0}, rule_set(derived=FACTS), {"deals": "3"})
    assert (found["deals"], found["has_deal"]) == (3.0, False)


@pytest.mark.parametrize(
    ("test", "truth"),
    [
        (In("segments", ("b",)), True),
        (In("segments", ("c", "d")), False),
        (HasPrefix("segments", ("b",)), True),
        (Not(In("segments", ("a",))), False),
        (IsMissing("segments"), False),
    ],
)
def test_of_several_items_one_is_enough(test: Condition, truth: bool) -> None:
    assert evaluate(test, {"segments": ("a", "b")}, {}) is truth
