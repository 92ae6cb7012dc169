"""Derived fields in SQL: what is allowed means what it says in kinds that go together, the rest is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language.codes import Code
from rules.language.condition import All, Any, Between, FieldKind, In, IsMissing, Not
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
    Today,
)
from tests.rules.language.worlds import computed

NUMBER, DATE, BOOLEAN, TEXT = FieldKind.NUMBER, FieldKind.DATE, FieldKind.BOOLEAN, FieldKind.TEXT
REVENUE, CREATED, STAFF = Column("annual_revenue"), Column("created_at"), Column("employees")
BIG = Between("employees", 5.0, None, low_included=False)


@pytest.mark.parametrize(
    ("text", "meaning", "kind"),
    [
        ("(annual_revenue - 1) / 2.5", Arithmetic(Operator.DIVIDED_BY, Arithmetic(Operator.MINUS, REVENUE, Literal(1.0)), Literal(2.5)), NUMBER),
        ("employees", STAFF, NUMBER),
        ("-3", Literal(-3.0), NUMBER),
        ("-employees", Arithmetic(Operator.MINUS, Literal(0.0), STAFF), NUMBER),
        ("today - created_at", Arithmetic(Operator.MINUS, Today(), CREATED), NUMBER),
        ("created_at + 30", Arithmetic(Operator.PLUS, CREATED, Literal(30.0)), DATE),
        ("interval '30 days' + created_at", Arithmetic(Operator.PLUS, CREATED, Literal(30.0)), DATE),
        ("current_date", Today(), DATE),
        ("date '2026-01-31'", Literal(date(2026, 1, 31)), DATE),
        ("coalesce(employees, 0)", Call(Function.COALESCE, (STAFF, Literal(0.0))), NUMBER),
        ("coalesce(industry, 'N A')", Call(Function.COALESCE, (Column("industry"), Literal("n a"))), TEXT),
        ("least(created_at, today)", Call(Function.LEAST, (CREATED, Today())), DATE),
        ("greatest(1, 2, 3)", Call(Function.GREATEST, (Literal(1.0), Literal(2.0), Literal(3.0))), NUMBER),
        ("floor(abs(ceil(employees)))", Call(Function.FLOOR, (Call(Function.ABS, (Call(Function.CEIL, (STAFF,)),)),)), NUMBER),
        ("customer", Column("customer"), BOOLEAN),
        ("case when employees > 5 then 'Big' when country = 'US' then 'x' end",
         Case((Branch(BIG, Literal("big")), Branch(In("country", ("US",)), Literal("x"))), None), TEXT),
        ("case when employees > 5 then true else false end", Case((Branch(BIG, Literal(True)),), Literal(False)), BOOLEAN),
        ("case when employees > 5 then null else 1 end",
         Case((Branch(BIG, Case((Branch(Any(()), Literal(0.0)),), None)),), Literal(1.0)), NUMBER),
        ("case when country = 'US' and state = 'CA' then 1 end",
         Case((Branch(All((In("country", ("US",)), In("state", ("US-CA",)))), Literal(1.0)),), None), NUMBER),
    ],
)  # fmt: skip
def test_an_expression_is_a_tree_of_a_kind(text: str, meaning: Expression, kind: FieldKind) -> None:
    found, problems = computed(text)
    assert problems == []
    assert found == (meaning, kind)


@pytest.mark.parametrize("text", ["employees > 5", "(employees > 5)", "not employees <= 5"])
def test_a_condition_as_a_value_is_missing_where_it_is_unknown(text: str) -> None:
    found, problems = computed(text)
    assert problems == [] and found is not None
    case, kind = found
    assert kind is BOOLEAN and isinstance(case, Case) and case.otherwise is None
    true, false = case.branches
    assert (true.then, false.then, false.when) == (Literal(True), Literal(False), Not(true.when))


def test_is_null_is_a_value_that_is_never_missing() -> None:
    found, _ = computed("employees is null")
    assert found is not None and isinstance(found[0], Case)
    assert found[0].branches[0].when == IsMissing("employees")


@pytest.mark.parametrize(
    ("text", "code", "column", "words"),
    [
        ("created_at + created_at", Code.SQL_NOT_ALLOWED, 14, "a date + a date is nothing"),
        ("employees + 'x'", Code.SQL_NOT_ALLOWED, 14, "a number + a text"),
        ("5 - today", Code.SQL_NOT_ALLOWED, 14, "a number - a date"),
        ("country", Code.SQL_NOT_ALLOWED, 14, "country is a country, which nothing can be computed from"),
        ("contry * 2", Code.UNKNOWN_FIELD, 14, "did you mean 'country'"),
        ("case when employees / 2 > 5 then 1 end", Code.SQL_NOT_ALLOWED, 24, "under 'derived:'"),
        ("case employees when 1 then 2 end", Code.SQL_NOT_ALLOWED, 19, "write case when <condition>"),
        ("case when customer then 1 else 'x' end", Code.SQL_NOT_ALLOWED, 24, "number and text do not go together"),
        ("case when customer then null end", Code.SQL_NOT_ALLOWED, 24, "is never anything"),
        ("case when state = 'CA' then 1 end", Code.NO_COUNTRY, 32, "has no country"),
        ("coalesce(1, 'x')", Code.SQL_NOT_ALLOWED, 14, "do not go together"),
        ("abs(today)", Code.SQL_NOT_ALLOWED, 18, "a number is wanted here, and today is a date"),
        ("least('a', 'b')", Code.SQL_NOT_ALLOWED, 14, "of numbers or dates, not of text"),
        ("ceil(employees, 2)", Code.SQL_NOT_ALLOWED, 19, "is not allowed"),
        ("round(employees)", Code.SQL_NOT_ALLOWED, 14, "allowed are numbers, + - * /"),
        ("employees % 2", Code.SQL_NOT_ALLOWED, 14, "is not allowed in 'expression'"),
        ("t.employees", Code.SQL_NOT_ALLOWED, 14, "is not allowed"),
        ("1e999", Code.SQL_NOT_ALLOWED, 14, "not a number that can be"),
        ("date '2026-02-30'", Code.SQL_NOT_ALLOWED, 19, "not a date like"),
        ("today - interval '3 months'", Code.SQL_NOT_ALLOWED, 14, "is not a number of days"),
        ("employees::double", Code.SQL_NOT_ALLOWED, 14, "is not allowed"),
        ("(select 1)", Code.SQL_NOT_ALLOWED, 22, "is not allowed"),
        ("employees +", Code.SQL_SYNTAX, 24, "not an SQL expression"),
        ("1; 2", Code.SQL_SYNTAX, 13, "'expression' must be one expression"),
        ("", Code.CONDITION, 13, "'expression' is empty"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_by_name_and_place(text: str, code: Code, column: int, words: str) -> None:
    found, [problem] = computed(text)
    assert found is None
    assert (problem.code, problem.column) == (code, column)
    assert words in f"{problem.message}; {problem.suggestion}"


WORDS = ("employees", "created_at", "today", "customer", "industry", "+", "-", "*", "/", "(", ")", "1", "'x'", ",", "coalesce(",
         "case", "when", "then", "else", "end", "null", "and", "not", ">", "=", "is", "least(", "interval", "date")  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=20))
def test_words_in_any_order_are_an_expression_or_a_problem(text: str) -> None:
    found, problems = computed(text)
    assert (found is None) == bool(problems)
