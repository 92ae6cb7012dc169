"""The SQL spelling: what is allowed is the same condition, and everything else is refused by name."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language.codes import Code
from rules.language.condition import (
    All,
    Any,
    Between,
    Condition,
    DaysFromToday,
    HasPrefix,
    In,
    InList,
    IsMissing,
    Like,
    Not,
)
from tests.rules.language.worlds import when, where


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("country = 'Germany'", In("country", ("DE",))),
        ("'Germany' = country", In("country", ("DE",))),
        ("(((country = 'DE')))", In("country", ("DE",))),
        ("industry <> 'A'", Not(In("industry", ("a",)))),
        ("industry != 'A'", Not(In("industry", ("a",)))),
        ("not industry = 'A'", Not(In("industry", ("a",)))),
        ("industry in ('A', 'B')", In("industry", ("a", "b"))),
        ("industry not in ('A')", Not(In("industry", ("a",)))),
        ("name like 'New %'", HasPrefix("name", ("new ",))),
        ("name not like 'x%'", Not(HasPrefix("name", ("x",)))),
        ("starts_with(name, 'x')", HasPrefix("name", ("x",))),
        ("in_list(postal_code, 'zips')", InList("postal_code", "zips")),
        ("not in_list(name, 'names')", Not(InList("name", "names"))),
        ("industry is null", IsMissing("industry")),
        ("industry is not null", Not(IsMissing("industry"))),
        ("employees >= 1 and employees < 200", Between("employees", 1.0, 200.0)),
        ("employees < 200 and 1 <= employees", Between("employees", 1.0, 200.0)),
        ("employees > -1.5", Between("employees", -1.5, None, False)),
        ("employees between 1 and 200", Between("employees", 1.0, 200.0, True, True)),
        ("employees not between 1 and 2", Not(Between("employees", 1.0, 2.0, True, True))),
        ("created_at >= date '2026-01-01'", Between("created_at", date(2026, 1, 1))),
        ("created_at >= '2026-01-01'", Between("created_at", date(2026, 1, 1))),
        ("customer", In("customer", (True,))),
        ("customer = false", In("customer", (False,))),
        ("name = 'it''s'", In("name", ("it's",))),
        ("name = 'a--b /* c'", In("name", ("a--b /* c",))),
        ("name like '%x'", Like("name", "%x")),
        ("name like 'A_b%'", Like("name", "a_b%")),
        ("name like 'x'", In("name", ("x",))),
        ("name not like '%%x y%'", Not(Like("name", "%x y%"))),
        ("website like '%.de'", Like("website", "%.de")),
        ("contains(name, 'X  y')", Like("name", "%x y%")),
        ("ends_with(name, ' Ltd')", Like("name", "% ltd")),
        ("created_at >= today - 180", Between("created_at", DaysFromToday(-180))),
        ("today() - 180 <= created_at", Between("created_at", DaysFromToday(-180))),
        (
            "created_at between current_date and today + interval '3 days'",
            Between("created_at", DaysFromToday(0), DaysFromToday(3), True, True),
        ),
        (
            "created_at < '2026-02-01' and created_at > today",
            Between("created_at", DaysFromToday(0), date(2026, 2, 1), False),
        ),
        ("all_of(segments, 'A', 'B')", All((In("segments", ("a",)), In("segments", ("b",))))),
        ("segments in ('A', 'B')", In("segments", ("a", "b"))),
        ("naics like '51%'", HasPrefix("naics", ("51",))),
        (
            "annual_revenue >= 1e9 and industry in ('Banking', 'Insurance')",
            All((Between("annual_revenue", 1e9), In("industry", ("banking", "insurance")))),
        ),
        (
            "city = 'a' or city = 'b' and employees = 1",
            Any((In("city", ("a",)), All((In("city", ("b",)), In("employees", (1,)))))),
        ),
        (
            "country = 'US' and (state = 'CA' or postal_code like '021%')",
            All(
                (
                    In("country", ("US",)),
                    Any((In("state", ("US-CA",)), HasPrefix("postal_code", ("US-021",)))),
                )
            ),
        ),
        (
            "employees > 1 and employees > 5",
            All((Between("employees", 1.0, None, False), Between("employees", 5.0, None, False))),
        ),
    ],
)
def test_an_expression_is_a_condition(text: str, meaning: Condition) -> None:
    condition, problems = where(text)
    assert problems == []
    assert condition == meaning


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("lower(name) = 'x'", 9, "LOWER(name) is not allowed"),
        ("employees + 1 > 5", 9, "employees + 1 is not allowed"),
        ("employees % 2 = 0", 9, "employees % 2 is not allowed"),
        ("name in (select 1)", 9, "name IN (SELECT 1) is not allowed"),
        ("exists(select 1)", 23, "EXISTS(SELECT 1) is not allowed"),
        ("select 1", 16, "SELECT 1 is not allowed"),
        ("name ilike 'x%'", 9, "compared without regard to case"),
        ("name ~ 'x'", 9, "is not allowed"),
        ("name similar to 'x'", 9, "no regular expressions"),
        ("regexp_matches(name, 'x')", 9, "no regular expressions"),
        ("name like 'x%' escape '!'", 9, "is not allowed"),
        ("name glob 'x*'", 9, "is not allowed"),
        ("name = city", 16, "a value is wanted here, not city"),
        ("name = null", 9, "ask with 'is null'"),
        ("name in ('x', null)", 9, "ask with 'is null'"),
        ("1 = 1", 9, "a field is wanted here, not 1"),
        ("t.name = 'x'", 9, "t.name is not allowed"),
        ("employees::text = '1'", 9, "CAST(employees AS TEXT) is not allowed"),
        ("customer is true", 9, "compare with '= true'"),
        ("employees", 9, "neither true nor false"),
        ("true", 9, "TRUE is not allowed"),
        ("name is distinct from 'x'", 9, "IS DISTINCT FROM"),
        ("name = 'x' collate nocase", 16, "a value is wanted here"),
        ("case when true then 1 end", 29, "CASE WHEN TRUE"),
        ("other_list(name, 'x')", 9, "is not allowed"),
        ("employees > 5 -- and country = 'DE'", 8, "a comment is not allowed in 'where'"),
        ("employees > 5 --", 8, "a comment is not allowed"),
        ("employees > 5 /* 6 */ and customer", 8, "a comment is not allowed"),
        ("not " * 40 + "customer", 8, "nested deeper than 32"),
        ("(" * 40 + "customer" + ")" * 40, 8, "nested deeper than 32"),
        ("customer or " * 1000 + "customer", 8, "are more than 10,000"),
    ],
)
def test_everything_else_is_refused_by_name_and_place(text: str, column: int, words: str) -> None:
    _, problems = where(text)
    assert {problem.code for problem in problems} == {Code.SQL_NOT_ALLOWED}
    assert problems[0].column == column
    assert words in problems[0].message + "; " + problems[0].suggestion


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("employees >", Code.SQL_SYNTAX),
        ("name = 'x", Code.SQL_SYNTAX),
        ("name = 'x'; drop table accounts", Code.SQL_SYNTAX),
        ("contry = 'US'", Code.UNKNOWN_FIELD),
        ("COUNTRY = 'US'", Code.UNKNOWN_FIELD),
        ("country = 'Grmany'", Code.WRONG_KIND),
        ("state = 'CA'", Code.NO_COUNTRY),
        ("country = 'US' or state = 'CA'", Code.NO_COUNTRY),
        ("country < 'DE'", Code.BAD_OPERATOR),
        ("employees between 5 and 1", Code.EMPTY_RANGE),
        ("employees >= 5 and employees < 5", Code.EMPTY_RANGE),
        ("name in ()", Code.EMPTY_VALUES),
        ("name like '%'", Code.WRONG_KIND),
        ("contains(name, '50%')", Code.WRONG_KIND),
        ("contains(employees, '5')", Code.BAD_OPERATOR),
        ("country like 'U%'", Code.BAD_OPERATOR),
        ("created_at >= today and created_at < today - 1", Code.EMPTY_RANGE),
        ("employees >= today", Code.WRONG_KIND),
        ("all_of(name, 'x')", Code.BAD_OPERATOR),
        ("in_list(name, 'nams')", Code.UNKNOWN_LIST),
        ("industry = 'N/A'", Code.COUNTS_AS_MISSING),
        ("", Code.CONDITION),
    ],
)
def test_wrong_names_and_values_have_the_codes_of_the_structured_form(text: str, code: Code) -> None:
    _, problems = where(text)
    assert [problem.code for problem in problems] == [code]


CRASHERS = """
import json, sys
from tests.rules.language.worlds import where
nests = ("(", "[", "{", "not ", "- ", "~", "case when ", "select ", "a.", "a::int::", "x -> ", "interval ", "cast(",
         "1 = ", "a or ", "exists(", "array[", "a between ", "a in (", "date ", "* ", "@", "prior ", "any ", "if(",
         "a ? ", "a ->> ", "!", "a || ", "with x as ", "struct(", "lambda x: ", "a is not ", "/*", "$$", "e'", "x'")
for nest in nests:
    for many in (31, 300, 9_000 // len(nest)):
        where(nest * many + "1")
        where("name = " + nest * many)
"""


def test_no_expression_ends_the_process_with_a_signal_or_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", CRASHERS], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]


@given(st.text(alphabet="ab (),'\"=<>!-+%_;.:[]{}|&^~*/\\0", max_size=40) | st.text(max_size=30))
def test_arbitrary_text_is_a_condition_or_a_problem(text: str) -> None:
    condition, problems = where(text)
    assert problems or condition is not None


WORDS = ("name", "employees", "and", "or", "not", "(", ")", "in", "between", "is", "null", "like", "=", "<", "'x%'", "5",
         ",", "customer", "true", "in_list", "starts_with")  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_words_of_the_language_in_any_order_are_a_condition_or_a_problem(text: str) -> None:
    where(text)


# Each pair says one thing in both spellings; trees of them are compared below.
TESTS = (
    ("industry = 'A'", "industry: A"),
    ("industry in ('A', 'B')", "industry: [A, B]"),
    ("city not in ('A', 'B')", "city: {not_in: [A, B]}"),
    ("city is null", "city: {is_missing: true}"),
    ("city is not null", "city: {is_missing: false}"),
    ("name like 'x%'", "name: {prefix: x}"),
    ("in_list(name, 'names')", "name: {in_list: names}"),
    ("not in_list(name, 'names')", "name: {not_in_list: names}"),
    ("employees between 1 and 5", "employees: {from: 1, to: 5}"),
    ("annual_revenue > 1e6", "annual_revenue: {above: 1e6}"),
    ("country = 'US'", "country: US"),
    ("customer", "customer: true"),
    ("name like '%x_'", "name: {like: '%x_'}"),
    ("contains(name, 'x')", "name: {contains: x}"),
    ("ends_with(name, 'x')", "name: {suffix: x}"),
    ("all_of(segments, 'A', 'B')", "segments: {all_of: [A, B]}"),
    ("created_at between today - 9 and today", "created_at: {within_days: 9}"),
    ("created_at < today - 9", "created_at: {older_than_days: 9}"),
)
HALVES = (("employees >= 1", "employees: {from: 1}"), ("employees < 9", "employees: {below: 9}"))
TREES = st.recursive(
    st.sampled_from(TESTS + HALVES).map(lambda pair: (f"({pair[0]})", f"{{{pair[1]}}}")),
    lambda inner: st.one_of(
        inner.map(lambda p: (f"(not {p[0]})", f"{{not: {p[1]}}}")),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda ps: (f"({' and '.join(p[0] for p in ps)})", f"{{all: [{', '.join(p[1] for p in ps)}]}}")
        ),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda ps: (f"({' or '.join(p[0] for p in ps)})", f"{{any: [{', '.join(p[1] for p in ps)}]}}")
        ),
    ),
    max_leaves=6,
)


@given(TREES)
def test_both_spellings_are_one_condition_tree(pair: tuple[str, str]) -> None:
    expression, mapping = where(pair[0]), when(pair[1])
    assert expression[1] == mapping[1] == []
    assert expression[0] == mapping[0]
