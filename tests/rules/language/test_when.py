"""The structured spelling of a condition means what it says, and says where it is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from rules.language.codes import Code
from rules.language.condition import (
    ALWAYS,
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
from tests.rules.language.worlds import when


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("{}", ALWAYS),
        ("{country: Germany}", In("country", ("DE",))),
        ("{country: [US, USA, UK]}", In("country", ("US", "GB"))),
        ("{industry: {eq: ' Banking '}}", In("industry", ("banking",))),
        ("{industry: {not_eq: Banking}}", Not(In("industry", ("banking",)))),
        ("{industry: {not_in: [A, B]}}", Not(In("industry", ("a", "b")))),
        ("{name: {prefix: 'New '}}", HasPrefix("name", ("new ",))),
        ("{name: {prefix: [A, B]}}", HasPrefix("name", ("a", "b"))),
        ("{postal_code: {in_list: zips}}", InList("postal_code", "zips")),
        ("{name: {not_in_list: names}}", Not(InList("name", "names"))),
        ("{employees: {from: 1, below: 200}}", Between("employees", 1.0, 200.0)),
        ("{employees: {above: 1, to: 200}}", Between("employees", 1.0, 200.0, False, True)),
        ("{created_at: {from: 2026-01-01}}", Between("created_at", date(2026, 1, 1))),
        ("{industry: {is_missing: true}}", IsMissing("industry")),
        ("{industry: {is_missing: no}}", Not(IsMissing("industry"))),
        ("{customer: yes}", In("customer", (True,))),
        ("{country: NO}", In("country", ("NO",))),
        ("{country: US, state: CA}", All((In("country", ("US",)), In("state", ("US-CA",))))),
        ("{state: US-CA}", In("state", ("US-CA",))),
        (
            "{country: US, postal_code: '2116'}",
            All((In("country", ("US",)), In("postal_code", ("US-02116",)))),
        ),
        ("{all: [{country: US}, {state: CA}]}", All((In("country", ("US",)), In("state", ("US-CA",))))),
        (
            "{country: US, any: [{state: CA}, {postal_code: {prefix: '021'}}]}",
            All(
                (
                    In("country", ("US",)),
                    Any((In("state", ("US-CA",)), HasPrefix("postal_code", ("US-021",)))),
                )
            ),
        ),
        (
            "{all: [{employees: {below: 9}}, {city: x}, {employees: {from: 1}}]}",
            All((Between("employees", 1.0, 9.0), In("city", ("x",)))),
        ),
        (
            "{all: [{employees: {from: 1}}, {employees: {from: 2}}]}",
            All((Between("employees", 1.0), Between("employees", 2.0))),
        ),
        ("{not: {employees: 5}}", Not(In("employees", (5,)))),
        (
            "{country: US, postal_code: {from: '02100', below: '02200'}}",
            All((In("country", ("US",)), HasPrefix("postal_code", ("US-021",)))),
        ),
        ("{postal_code: {from: US-99990, to: US-99999}}", HasPrefix("postal_code", ("US-9999",))),
        ("{postal_code: {above: US-99989}}", HasPrefix("postal_code", ("US-9999",))),
        ("{name: {like: 'Acme %'}}", HasPrefix("name", ("acme ",))),
        (
            "{name: {like: [a, 'b%', '%c', '%c']}}",
            Any((In("name", ("a",)), HasPrefix("name", ("b",)), Like("name", "%c"))),
        ),
        ("{name: {contains: ' LTD'}}", Like("name", "% ltd%")),
        ("{name: {suffix: [GmbH, AG]}}", Any((Like("name", "%gmbh"), Like("name", "%ag")))),
        ("{id: {contains: aB}}", Like("id", "%aB%")),
        ("{id: {like: 001D000000IqhSL}}", In("id", ("001D000000IqhSLIAZ",))),
        (
            "{created_at: {within_days: 90}}",
            Between("created_at", DaysFromToday(-90), DaysFromToday(0), True, True),
        ),
        ("{created_at: {older_than_days: 180}}", Between("created_at", None, DaysFromToday(-180))),
        (
            "{created_at: {in_next_days: 60}}",
            Between("created_at", DaysFromToday(0), DaysFromToday(60), True, True),
        ),
        (
            "{created_at: {from: Today - 7, below: today()}}",
            Between("created_at", DaysFromToday(-7), DaysFromToday(0)),
        ),
        ("{segments: [A, B]}", In("segments", ("a", "b"))),
        ("{segments: {all_of: [A, B]}}", All((In("segments", ("a",)), In("segments", ("b",))))),
        ("{segments: {in_list: names}}", InList("segments", "names")),
        ("{naics: [51-1210, 51]}", In("naics", ("511210", "51"))),
        ("{naics: {prefix: [31-33, 51]}}", HasPrefix("naics", ("31", "32", "33", "51"))),
        ("{sic: [111, 7372.0]}", In("sic", ("0111", "7372"))),
        ("{sic: {prefix: 73}}", HasPrefix("sic", ("73",))),
    ],
)
def test_a_mapping_is_a_condition(text: str, meaning: Condition) -> None:
    condition, problems = when(text)
    assert problems == []
    assert condition == meaning


@pytest.mark.parametrize(
    ("text", "code", "column", "words"),
    [
        ("{contry: US}", Code.UNKNOWN_FIELD, 2, "did you mean 'country'"),
        ("{country: Grmany}", Code.WRONG_KIND, 11, "did you mean 'Germany'"),
        ("{country: US, state: Californa}", Code.WRONG_KIND, 22, "did you mean 'California'"),
        ("{state: CA}", Code.NO_COUNTRY, 9, "write it like 'US-CA'"),
        ("{country: [US, CA], state: ON}", Code.NO_COUNTRY, 28, "name one country"),
        (
            "{country: US, any: [{country: CA, state: ON}, {not: {state: ON}}]}",
            Code.WRONG_KIND,
            61,
            "state of US",
        ),
        ("{employees: many}", Code.WRONG_KIND, 13, "'many' is not a whole number"),
        ("{annual_revenue: '1,000'}", Code.WRONG_KIND, 18, "write 1000"),
        ("{employees: {from: 200, below: 200}}", Code.EMPTY_RANGE, 32, "nothing lies from 200 below 200"),
        (
            "{all: [{employees: {from: 5}}, {employees: {below: 5}}]}",
            Code.EMPTY_RANGE,
            7,
            "nothing lies inside",
        ),
        ("{employees: {from: 1, above: 2}}", Code.BAD_OPERATOR, 30, "together"),
        ("{postal_code: {from: US-2, to: US-00001}}", Code.WRONG_KIND, 22, "not a postal code"),
        ("{postal_code: {from: US-00002, to: US-00001}}", Code.EMPTY_RANGE, 36, "nothing lies"),
        ("{postal_code: {from: GB-SW1A}}", Code.BAD_OPERATOR, 22, "postal codes of GB have no ranges"),
        ("{country: US, postal_code: {prefix: SW}}", Code.WRONG_KIND, 37, "no postal code of US begins with"),
        ("{country: {below: DE}}", Code.BAD_OPERATOR, 12, "country is a country, which has no 'below'"),
        ("{employees: {form: 1}}", Code.BAD_OPERATOR, 14, "did you mean 'from'"),
        ("{industry: []}", Code.EMPTY_VALUES, 12, "industry: {is_missing: true}"),
        ("{name: {like: '%'}}", Code.WRONG_KIND, 15, "is_missing: false"),
        ("{name: {like: ''}}", Code.COUNTS_AS_MISSING, 15, "counts as missing"),
        ("{name: {contains: 5％}}", Code.WRONG_KIND, 19, "use like: '%5％%'"),
        ("{name: {regex: x}}", Code.BAD_OPERATOR, 9, "no regular expressions"),
        ("{employees: {gte: 5}}", Code.BAD_OPERATOR, 14, "it is called from"),
        ("{segments: {contains: x}}", Code.BAD_OPERATOR, 13, "multi select, which has no 'contains'"),
        ("{segments: a;b}", Code.WRONG_KIND, 12, "is several items; write each item by itself"),
        ("{naics: 31-33}", Code.WRONG_KIND, 9, "use prefix: '31-33'"),
        ("{sic: 73}", Code.WRONG_KIND, 7, "use prefix: '73'"),
        ("{naics: {prefix: x}}", Code.WRONG_KIND, 18, "no NAICS code begins with"),
        ("{created_at: today}", Code.WRONG_KIND, 14, "asked with from, above"),
        ("{created_at: {within_days: -3}}", Code.WRONG_KIND, 28, "is not a number of days"),
        ("{created_at: {from: today - 99999}}", Code.WRONG_KIND, 21, "more than 36,525"),
        ("{created_at: {from: today, below: today - 5}}", Code.EMPTY_RANGE, 35, "nothing lies"),
        ("{any: []}", Code.EMPTY_VALUES, 7, "no conditions"),
        ("{any: {country: US}}", Code.CONDITION, 7, "must be a list"),
        ("{industry: N/A}", Code.COUNTS_AS_MISSING, 12, "is_missing: true"),
        ("{industry: null}", Code.COUNTS_AS_MISSING, 12, "nothing counts as missing"),
        ("{website: gmail.com}", Code.COUNTS_AS_MISSING, 11, "free-mail"),
        ("{postal_code: {in_list: zip}}", Code.UNKNOWN_LIST, 25, "did you mean 'zips'"),
        ("{country: {in_list: zips}}", Code.LIST_KIND, 21, "give the list 'type: country'"),
        ("{name: {prefix: ''}}", Code.EMPTY_VALUES, 17, "cannot be empty"),
        ("{industry: {is_missing: maybe}}", Code.BAD_VALUE, 25, "neither true nor false"),
        ("{employees: {from: [1]}}", Code.BAD_VALUE, 20, "one value is wanted"),
        ("[country]", Code.CONDITION, 1, "must be a mapping"),
    ],
)
def test_a_wrong_condition_says_what_and_where(text: str, code: Code, column: int, words: str) -> None:
    _, problems = when(text)
    [problem] = problems
    assert (problem.code, problem.column) == (code, column)
    assert words in str(problem)


def test_every_error_of_a_condition_is_reported_at_once() -> None:
    _, problems = when("{contry: US, employees: {from: x, below: y}, any: [{state: CA}, {foo: 1}]}")
    assert [problem.code for problem in problems] == [
        Code.UNKNOWN_FIELD,
        Code.WRONG_KIND,
        Code.WRONG_KIND,
        Code.NO_COUNTRY,
        Code.UNKNOWN_FIELD,
    ]
