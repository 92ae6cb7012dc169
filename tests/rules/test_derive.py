"""Bands and expressions of one account, by the book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from rules.derive import band, derive, value_of
from rules.language.condition import Between, FieldKind, In
from rules.language.derived import Banded, BandsOf, Computed, Step
from rules.language.expression import (
    Arithmetic,
    Branch,
    Call,
    Case,
    Column,
    Expression,
    Function,
    Literal,
    Operator,
)
from rules.language.record import Value
from tests.rules.engine.worlds import HERE, rule_set

STICKY = Banded(
    "size",
    (
        BandsOf("employees", (Step("small", None, None, None), Step("mid", 200, 220, 180), Step("big", 2000, 2200, 1800))),
        BandsOf("annual_revenue", (Step("small", None, None, None), Step("mid", 1e7, 1e7, 1e7), Step("big", 1e9, 1e9, 1e9))),
    ),
    HERE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("employees", "last", "expected"),
    [
        (199, None, "small"),
        (200, None, "mid"),
        (219, "small", "small"),
        (220, "small", "mid"),
        (180, "mid", "mid"),
        (179, "mid", "small"),
        (2100, "small", "mid"),
        (2200, "small", "big"),
        (1800, "big", "big"),
        (1799, "big", "mid"),
        (179, "big", "small"),
        (200, "a band of last year", "mid"),
    ],
)
def test_a_band_is_entered_at_up_and_left_below_down(employees: int, last: str | None, expected: str) -> None:
    assert band(STICKY, {"employees": employees}, last) == expected


def test_the_first_known_field_decides_the_band() -> None:
    assert band(STICKY, {"employees": None, "annual_revenue": 1e9}, None) == "big"
    assert band(STICKY, {"employees": 1, "annual_revenue": 1e9}, None) == "small"
    assert band(STICKY, {}, "mid") is None


def over(operator: str, left: object, right: object) -> Expression:
    sides = [Literal(side) if not isinstance(side, str) else Column(side) for side in (left, right)]  # type: ignore[arg-type]
    return Arithmetic(Operator(operator), *sides)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (over("/", 1, 4), 0.25),
        (over("/", 1, 0), None),
        (over("*", 1e308, 10), None),
        (over("-", "nothing", 1), None),
        (over("-", date(2026, 3, 1), date(2026, 2, 1)), 28.0),
        (over("-", date(2026, 3, 1), 0.5), date(2026, 2, 28)),
        (over("+", 31, date(2026, 1, 1)), date(2026, 2, 1)),
        (over("+", date(9999, 12, 31), 1), None),
        (Call(Function.COALESCE, (Column("nothing"), Literal(3))), 3.0),
        (Call(Function.LEAST, (Column("nothing"), Literal(3))), None),
        (Call(Function.GREATEST, (Literal(2), Literal(3))), 3.0),
        (Call(Function.FLOOR, (Literal(-0.5),)), -1.0),
        (Case((Branch(Between("nothing", 1.0, None), Literal("yes")),), Literal("no")), "no"),
        (Case((Branch(In("country", ("US",)), Literal("yes")),), None), "yes"),
    ],
)
def test_an_expression_comes_to(expression: Expression, expected: Value | None) -> None:
    assert value_of(expression, {"country": "US", "nothing": None}, rule_set()) == expected


def test_a_derived_field_may_use_those_before_it_and_keeps_a_value_that_is_given() -> None:
    double = Computed("double", FieldKind.NUMBER, over("*", "employees", 2), HERE)
    size = Banded("size", (BandsOf("double", STICKY.by[0].steps),), HERE)
    rules = rule_set(derived={"double": double, "size": size})
    record: Mapping[str, Value | None] = {"employees": 105}
    assert derive(record, rules) == {"employees": 105, "double": 210.0, "size": "mid"}
    assert derive(record, rules, {"size": "small"})["size"] == "small"
    assert derive({"employees": 105, "double": 5.0}, rules)["size"] == "small"
