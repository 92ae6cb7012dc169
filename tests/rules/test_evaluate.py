"""Conditions follow Kleene's strong logic, whatever they are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.evaluate import Truth, evaluate, every, matches, negate
from rules.language.condition import (
    ALWAYS,
    All,
    Any,
    Between,
    Condition,
    FieldKind,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Not,
)
from rules.language.place import Source
from rules.language.ruleset import IfUnknown, ValueList

TRUTHS: tuple[Truth, ...] = (True, None, False)
LISTS = {"l": ValueList("l", FieldKind.TEXT, ("b", "d"), None, "", Source("x", 1, 1))}

TRUE, FALSE, UNKNOWN = IsMissing("gone"), IsMissing("here"), In("gone", ("x",))
RECORD = {"here": "a"}
OF: dict[Truth, Condition] = {True: TRUE, False: FALSE, None: UNKNOWN}


def truth(condition: Condition, **record: str | float | date | None) -> Truth:
    """What the condition is of a record."""
    return evaluate(condition, record or RECORD, LISTS)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (In("f", ("a", "b")), "b", True),
        (In("f", ("a", "b")), "c", False),
        (InList("f", "l"), "b", True),
        (InList("f", "l"), "c", False),
        (InList("f", "l"), "e", False),
        (HasPrefix("f", ("a", "bc")), "bcd", True),
        (HasPrefix("f", ("a", "bc")), "b", False),
        (Between("f", 1, 200), 1, True),
        (Between("f", 1, 200), 200, False),
        (Between("f", 1, 200, False, True), 1, False),
        (Between("f", 1, 200, False, True), 200, True),
        (Between("f", None, 200), -1e300, True),
        (Between("f", 1, None), 1e300, True),
        (Between("f", date(2026, 1, 1), date(2026, 2, 1)), date(2026, 1, 31), True),
        (Between("f", date(2026, 1, 1), date(2026, 2, 1)), date(2026, 2, 1), False),
    ],
)
def test_each_test_is_true_or_false_of_a_value_and_unknown_of_none(
    condition: Condition, value: str | float | date, expected: bool
) -> None:
    assert truth(condition, f=value) is expected
    assert truth(condition, f=None) is None
    assert truth(Not(condition), f=None) is None


def test_is_missing_is_never_unknown() -> None:
    assert truth(IsMissing("f"), f=None) is True
    assert truth(IsMissing("f"), f="") is False


def test_the_tables_of_strong_kleene_logic_hold() -> None:
    """Kleene 1952, §64: with false < unknown < true, "and" is the least and "or" the greatest."""
    order = {False: 0, None: 1, True: 2}
    for a, b in product(TRUTHS, repeat=2):
        assert truth(All((OF[a], OF[b]))) is min(a, b, key=lambda t: order[t])
        assert truth(Any((OF[a], OF[b]))) is max(a, b, key=lambda t: order[t])
    assert [truth(Not(OF[a])) for a in TRUTHS] == [False, None, True]
    assert (truth(ALWAYS), truth(Any(()))) == (True, False)


CONDITIONS = st.recursive(
    st.sampled_from([TRUE, FALSE, UNKNOWN]),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=12,
)


@given(CONDITIONS, CONDITIONS, CONDITIONS)
def test_the_laws_that_strong_kleene_logic_keeps_are_kept(a: Condition, b: Condition, c: Condition) -> None:
    assert truth(Not(Not(a))) is truth(a)
    assert truth(Not(All((a, b)))) is truth(Any((Not(a), Not(b))))
    assert truth(Not(Any((a, b)))) is truth(All((Not(a), Not(b))))
    assert truth(All((a, b))) is truth(All((b, a)))
    assert truth(All((a, All((b, c))))) is truth(All((a, b, c)))
    assert truth(All((a, Any((b, c))))) is truth(Any((All((a, b)), All((a, c)))))
    assert truth(Any((a, All((a, b))))) is truth(a)


@given(CONDITIONS)
def test_knowing_more_never_turns_true_into_false(condition: Condition) -> None:
    """Monotony: an answer given while a value was missing stands for every value it may have."""
    before = truth(condition)
    for known in ("x", "y"):
        after = evaluate(condition, {**RECORD, "gone": known}, LISTS)
        if before is not None and _has_only_comparisons(condition):
            assert after is before


def _has_only_comparisons(condition: Condition) -> bool:
    match condition:
        case All(parts) | Any(parts):
            return all(_has_only_comparisons(part) for part in parts)
        case Not(part):
            return _has_only_comparisons(part)
        case _:
            return condition is not TRUE


@given(st.lists(st.sampled_from(TRUTHS)))
def test_every_is_false_at_the_first_false_and_asks_no_further(truths: list[Truth]) -> None:
    assert every(truths) is (False if False in truths else None if None in truths else True)
    assert [negate(t) for t in truths] == [None if t is None else not t for t in truths]


@given(st.sets(st.text(max_size=3)), st.text(max_size=3))
def test_a_list_holds_exactly_its_values(values: set[str], value: str) -> None:
    lists = {"l": replace(LISTS["l"], values=tuple(sorted(values)))}
    assert evaluate(InList("f", "l"), {"f": value}, lists) is (value in values)


def test_unknown_matches_as_the_rule_says() -> None:
    assert [matches(None, choice) for choice in (IfUnknown.SKIP, IfUnknown.MATCH, IfUnknown.REVIEW)] == [
        False,
        True,
        True,
    ]
    assert all(matches(True, choice) and not matches(False, choice) for choice in IfUnknown)
