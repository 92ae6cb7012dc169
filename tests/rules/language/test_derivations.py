"""Derived fields are read in any order, and refused where they cannot be worked out."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from rules.language.codes import Code
from rules.language.condition import ALWAYS, All, Between, DaysFromToday, FieldKind, In, Not
from rules.language.derived import Banded, BandsOf, Computed, Measure, OfFamily, OfOpportunities, Step
from rules.language.expression import Column
from rules.language.load import RulesError, load_rules
from rules.language.mentions import fields_of_derived
from rules.language.ruleset import RuleSet
from tests.rules.language.worlds import rule, write_rules


def loaded(folder: Path, *derived: str, when: str = "{}") -> RuleSet:
    """A rule set with these derived fields, each one line of YAML."""
    lines = "".join(f"  {line}\n" for line in derived)
    return load_rules(write_rules(folder, f"version: 1\nderived:\n{lines}rules:\n{rule('a', when)}"))


def refused(folder: Path, *derived: str, when: str = "{}") -> list[tuple[Code, str]]:
    """Code of every problem, and the first word of what the caret stands under."""
    with pytest.raises(RulesError) as caught:
        loaded(folder, *derived, when=when)
    at = ((p, p.source_line[p.column - 1 :]) for p in caught.value.problems)
    return [(problem.code, re.split(r"[ ,:}\]]", text)[0]) for problem, text in at]


BANDS = "bands: [{name: SMB}, {name: Mid, from: 200, up: 230}, {name: Enterprise, from: 2000}]"
SMB, MID = Step("smb", None, None, None), Step("mid", 200.0, 230.0, 180.0)
ENTERPRISE = Step("enterprise", 2000.0, 2200.0, 1800.0)


def test_bands_have_hysteresis_where_they_do_not_say_their_own(tmp_path: Path) -> None:
    rules = loaded(tmp_path, f"size: {{{BANDS}, of: [employees, annual_revenue], hysteresis: 0.1}}")
    banded = rules.derived["size"]
    assert isinstance(banded, Banded) and banded.remembers
    assert banded.by == tuple(BandsOf(f, (SMB, MID, ENTERPRISE)) for f in ("employees", "annual_revenue"))
    assert rules.fields["size"] is FieldKind.TEXT


def test_each_field_may_have_bounds_of_its_own(tmp_path: Path) -> None:
    by = "[{of: employees, bands: [{name: s}, {name: l, from: 9}]}, {of: annual_revenue, bands: [{name: S}, {name: L, from: 1e6}]}]"
    banded = loaded(tmp_path, f"size: {{by: {by}}}").derived["size"]
    assert isinstance(banded, Banded) and not banded.remembers
    assert [(bands.field, bands.steps[1].low) for bands in banded.by] == [
        ("employees", 9.0),
        ("annual_revenue", 1e6),
    ]


def test_conditions_use_derived_fields_as_any_other(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        f"size: {{{BANDS}, of: employees}}",
        "ratio: {expression: annual_revenue / employees}",
        when="{size: [mid, ENTERPRISE], ratio: {from: 5}}",
    )
    assert rules.rules[0].when == All((In("size", ("mid", "enterprise")), Between("ratio", 5.0)))


FACTS = {
    "hot": "{opportunities: any, where: {closed: false, probability: {from: 0.5}, close_date: {in_next_days: 60}}}",
    "open": "{opportunities: sum, field: amount, where: not closed}",
    "won": "{opportunities: latest, field: close_date, where: {won: true}}",
    "deals": "{opportunities: count}",
}


def test_facts_of_opportunities_have_conditions_in_either_spelling(tmp_path: Path) -> None:
    rules = loaded(tmp_path, *(f"{name}: {text}" for name, text in FACTS.items()))
    hot, pipeline, won, deals = rules.derived.values()
    assert isinstance(hot, OfOpportunities) and isinstance(pipeline, OfOpportunities)
    assert isinstance(won, OfOpportunities) and isinstance(deals, OfOpportunities)
    soon = Between("close_date", DaysFromToday(0), DaysFromToday(60), True, True)
    assert hot.where == All((In("closed", (False,)), Between("probability", 0.5), soon))
    assert pipeline.where == Not(In("closed", (True,)))
    assert (pipeline.measure, pipeline.field, deals.where) == (Measure.SUM, "amount", ALWAYS)
    kinds = [rules.fields[name] for name in FACTS]
    assert kinds == [FieldKind.BOOLEAN, FieldKind.NUMBER, FieldKind.DATE, FieldKind.INTEGER]


def test_families_are_measured_by_crm_fields_and_facts(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        "people: {family: sum, field: employees}",
        "any_hot: {family: any, field: hot}",
        "home: {family: top, field: country}",
        "members: {family: count}",
        f"hot: {FACTS['hot']}",
        when="{home: USA, people: {from: 10}, any_hot: true}",
    )
    assert {n: rules.fields[n].value for n in rules.derived} == {
        "people": "number", "home": "country", "members": "integer", "hot": "boolean", "any_hot": "boolean"}  # fmt: skip
    home = rules.derived["home"]
    assert isinstance(home, OfFamily) and (home.measure, home.field) == (Measure.TOP, "country")
    assert isinstance(rules.rules[0].when, All)
    assert In("home", ("US",)) in rules.rules[0].when.parts


CHAIN = ("tier: {bands: [{name: low}, {name: high, from: 5}], of: score}",
         "score: {expression: \"case when rich then 9 else ratio end\"}",
         "rich: {expression: \"case when open > 5 then true else false end\", type: boolean}",
         "ratio: {expression: open / employees}",
         f"open: {FACTS['open']}")  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(5), 5))[::7])
def test_each_stands_after_those_that_it_uses_however_they_are_written(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    rules = loaded(tmp_path, *(CHAIN[i] for i in order))
    seen: set[str] = set()
    for name, found in rules.derived.items():
        assert {f for f in fields_of_derived(found) if f in rules.derived} <= seen
        seen.add(name)
    assert len(seen) == 5
    assert set(fields_of_derived(rules.derived["score"])) == {"rich", "ratio"}


def test_a_circle_is_told_with_its_whole_way(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as caught:
        loaded(
            tmp_path,
            "d: {expression: c}",
            "a: {expression: b + 1}",
            "b: {expression: c}",
            "c: {expression: a}",
        )
    [problem] = caught.value.problems
    assert (problem.code, problem.line) == (Code.DERIVED, 4)
    assert "derived field 'a' uses itself: a -> b -> c -> a" in problem.message


@pytest.mark.parametrize(
    ("derived", "expected"),
    [
        ("employees: {expression: '1'}", [(Code.DERIVED, "employees")]),
        ("any: {expression: '1'}", [(Code.DERIVED, "any")]),
        ("a-b: {expression: '1'}", [(Code.BAD_VALUE, "a-b")]),
        ("x: {expression: name}", [(Code.DERIVED, "{expression")]),
        ("x: {expression: created_at, type: number}", [(Code.DERIVED, "number")]),
        ("x: {expression: employes}", [(Code.UNKNOWN_FIELD, "employes")]),
        ("x: {bands: [{name: a}, {name: b, from: 5}]}", [(Code.MISSING_KEY, "{bands")]),
        ("x: {of: employees}", [(Code.MISSING_KEY, "{of")]),
        ("x: {of: employees, by: []}", [(Code.BANDS, "{of")]),
        ("x: {of: country, bands: [{name: a}, {name: b, from: 5}]}", [(Code.WRONG_KIND, "country")]),
        ("x: {of: employees, bands: [{name: a, from: 1}, {name: b, from: 5}]}", [(Code.BANDS, "{name")]),
        ("x: {of: employees, bands: [{name: a}, {name: b}]}", [(Code.BANDS, "{name")]),
        ("x: {of: employees, bands: [{name: a}, {name: A, from: 5}]}", [(Code.BANDS, "{name")]),
        ("x: {of: employees, bands: [{name: a}, {name: b, from: 5}, {name: c, from: 5}]}", [(Code.BANDS, "{name")]),
        ("x: {of: employees, bands: [{name: a}, {name: b, from: 5, up: 4}]}", [(Code.BANDS, "{name")]),
        ("x: {of: employees, bands: [{name: a}, {name: b, from: 5, down: 6}]}", [(Code.BANDS, "{name")]),
        ("x: {of: employees, bands: [{name: a}, {name: b, from: 5, up: 5.5}, {name: c, from: 6, down: 5.4}]}",
         [(Code.BANDS, "{name")]),
        ("x: {of: employees, hysteresis: 0.5, bands: [{name: a}, {name: b, from: 5}, {name: c, from: 6}]}",
         [(Code.BANDS, "{name")]),
        ("x: {by: [{of: employees, bands: [{name: a}, {name: b, from: 5}]}, {of: annual_revenue, bands: [{name: b}, {name: a, from: 5}]}]}",
         [(Code.BANDS, "[{of")]),
        ("x: {opportunities: sum}", [(Code.MISSING_KEY, "{opportunities")]),
        ("x: {opportunities: sum, field: close_date}", [(Code.DERIVED, "close_date")]),
        ("x: {opportunities: latest, field: amount}", [(Code.DERIVED, "amount")]),
        ("x: {opportunities: any, field: amount}", [(Code.DERIVED, "amount")]),
        ("x: {opportunities: top, field: amount}", [(Code.BAD_VALUE, "top")]),
        ("x: {opportunities: any, where: {employees: 5}}", [(Code.UNKNOWN_FIELD, "employees")]),
        ("x: {opportunities: any, where: stag = 'Won'}", [(Code.UNKNOWN_FIELD, "stag")]),
        ("x: {opportunities: any, where: {closed: false, probability: {from: 50}}}", [(Code.WRONG_KIND, "{closed")]),
        ("x: {opportunities: any, where: not (probability > 50)}", [(Code.WRONG_KIND, "not")]),
        ("x: {family: any, field: employees}", [(Code.DERIVED, "employees")]),
        ("x: {family: sum, field: size}", [(Code.UNKNOWN_FIELD, "size")]),
        ("x: {family: sums, field: employees}", [(Code.BAD_VALUE, "sums")]),
        ("x: 5", [(Code.BAD_VALUE, "5")]),
    ],
)  # fmt: skip
def test_what_cannot_be_worked_out_is_refused(
    tmp_path: Path, derived: str, expected: list[tuple[Code, str]]
) -> None:
    assert refused(tmp_path, derived) == expected


def test_a_family_is_not_measured_by_what_is_worked_out_itself(tmp_path: Path) -> None:
    found = refused(tmp_path, "ratio: {expression: employees}", "x: {family: sum, field: ratio}")
    assert found == [(Code.DERIVED, "ratio")]


def test_a_wrong_derived_field_hides_no_other_error_and_makes_none(tmp_path: Path) -> None:
    found = refused(tmp_path, "size: {bnds: [], of: employees}", when="{size: big, contry: US}")
    assert found == [(Code.UNKNOWN_KEY, "bnds"), (Code.UNKNOWN_FIELD, "contry")]


def test_an_expression_is_a_tree_over_fields(tmp_path: Path) -> None:
    found = loaded(tmp_path, "x: {expression: employees}").derived["x"]
    assert isinstance(found, Computed) and found.expression == Column("employees")


def test_a_band_that_there_is_not_is_refused_in_a_condition(tmp_path: Path) -> None:
    found = refused(tmp_path, f"size: {{{BANDS}, of: employees}}", when="{size: mdi}")
    assert found == [(Code.WRONG_KIND, "mdi")]
