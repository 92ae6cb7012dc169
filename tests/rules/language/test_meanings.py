"""Kinds, synonyms and money: what the rules say that values mean."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.language.codes import Code
from rules.language.condition import FieldKind, HasPrefix, In, InList
from rules.language.fields import STANDARD_FIELDS
from rules.language.load import RulesError, load_rules
from rules.language.ruleset import RuleSet
from tests.rules.language.worlds import rule

FIELDS = {
    **STANDARD_FIELDS,
    "sic_code": FieldKind.TEXT,
    "segments": FieldKind.TEXT,
    "score": FieldKind.NUMBER,
}


def load(folder: Path, header: str, rules: str = "", **files: str) -> RuleSet:
    """A rule set of this header, with CSV files of these names beside it."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    path = folder / "rules.yaml"
    path.write_text(f"version: 1\n{header}\nrules:\n{rules or rule('all')}", encoding="utf-8")
    return load_rules(path, FIELDS)


def problem(folder: Path, header: str, rules: str = "", **files: str) -> tuple[Code, str, str]:
    """Code, place and text of the one problem."""
    with pytest.raises(RulesError) as caught:
        load(folder, header, rules, **files)
    [found] = caught.value.problems
    return found.code, f"{found.file}:{found.line}:{found.column}", f"{found.message}; {found.suggestion}"


def test_a_text_field_is_compared_as_the_kind_that_the_rules_say(tmp_path: Path) -> None:
    rules = rule("a", "{sic_code: 111}") + rule("b", "{segments: {all_of: [A]}, sic_code: {prefix: '73'}}")
    found = load(tmp_path, "kinds: {sic_code: sic, segments: multi_select}", rules)
    assert found.fields["sic_code"] is FieldKind.SIC
    assert found.fields["segments"] is FieldKind.MULTI_SELECT
    assert found.rules[0].when == In("sic_code", ("0111",))
    assert HasPrefix("sic_code", ("73",)) in getattr(found.rules[1].when, "parts", ())


@pytest.mark.parametrize(
    ("declared", "code", "place", "words"),
    [
        ("{sik_code: sic}", Code.UNKNOWN_FIELD, "rules.yaml:2:9", "did you mean 'sic_code'"),
        ("{score: sic}", Code.WRONG_KIND, "rules.yaml:2:9", "score is a number, and only text"),
        ("{country: domain}", Code.WRONG_KIND, "rules.yaml:2:9", "country is a country"),
        ("{sic_code: sick}", Code.BAD_VALUE, "rules.yaml:2:19", "did you mean 'sic'"),
        ("{sic_code: number}", Code.BAD_VALUE, "rules.yaml:2:19", "is not one of"),
    ],
)
def test_a_kind_that_does_not_fit_is_refused(
    tmp_path: Path, declared: str, code: Code, place: str, words: str
) -> None:
    found = problem(tmp_path, f"kinds: {declared}")
    assert found[:2] == (code, place)
    assert words in found[2]


def test_a_rule_that_names_a_synonym_means_the_word_it_stands_for(tmp_path: Path) -> None:
    rules = rule("a", "{industry: [Banks, FINANCIAL  services, Banking, Retail]}")
    found = load(
        tmp_path, "synonyms: {industry: {Banking: [Banks, Financial Services], Retail: Shops}}", rules
    )
    assert found.synonyms == {
        "industry": {"banks": "banking", "financial services": "banking", "shops": "retail"}
    }
    assert found.rules[0].when == In("industry", ("banking", "retail"))


def test_a_list_with_a_synonym_in_it_means_the_word_it_stands_for(tmp_path: Path) -> None:
    header = "synonyms: {industry: {Banking: Banks}}\nlists: {l: {values: [Banks, Oil]}, m: {values: [Oil]}}"
    rules = rule("a", "{industry: {in_list: l}}") + rule("b", "{industry: {in_list: m}}")
    rules += rule("c", "{city: {in_list: l}}")
    found = load(tmp_path, header, rules)
    assert [r.when for r in found.rules] == [
        In("industry", ("banking", "oil")),
        InList("industry", "m"),
        InList("city", "l"),
    ]


def test_synonyms_may_stand_in_a_file_whose_bytes_the_hash_follows(tmp_path: Path) -> None:
    header = "synonyms: {type: {file: s.csv, columns: {spelling: raw, means: word}}}"
    first = load(tmp_path, header, s="word;raw\nCustomer;Kunde\nCustomer;cust\n;\n")
    assert first.synonyms == {"type": {"kunde": "customer", "cust": "customer"}}
    assert first.files == ("rules.yaml", "s.csv")
    assert load(tmp_path, header, s="word;raw\nCustomer;Kunde\n").hash != first.hash


@pytest.mark.parametrize(
    ("declared", "code", "place", "words"),
    [
        ("{industry: {A: [x], B: [X]}}", Code.SYNONYM, "rules.yaml:2:35", "stands for 'B' here and for 'A' in rules.yaml:2"),
        ("{industry: {A: [x], B: [a]}}", Code.SYNONYM, "rules.yaml:2:27", "let 'x' stand for 'B'"),
        ("{industry: {A: []}}", Code.BAD_VALUE, "rules.yaml:2:26", "at least 1"),
        ("{industry: {A: N/A}}", Code.COUNTS_AS_MISSING, "rules.yaml:2:26", "counts as missing"),
        ("{industri: {A: x}}", Code.UNKNOWN_FIELD, "rules.yaml:2:12", "did you mean 'industry'"),
        ("{country: {A: x}}", Code.WRONG_KIND, "rules.yaml:2:12", "only text has synonyms"),
        ("{industry: {file: t.csv}}", Code.LIST_FILE, "rules.yaml:2:29", "did you mean 's.csv'"),
        ("{industry: {file: ../s.csv}}", Code.LIST_FILE, "rules.yaml:2:29", "outside the folder"),
        ("{industry: {file: s.csv, columns: {means: word}}}", Code.LIST_COLUMN, "rules.yaml:2:45", "no column 'word'"),
        ("{industry: {file: d.csv}}", Code.SYNONYM, "d.csv:3:1", "stands for 'B' here and for 'A' in d.csv:2"),
    ],
)  # fmt: skip
def test_synonyms_that_contradict_each_other_are_refused(
    tmp_path: Path, declared: str, code: Code, place: str, words: str
) -> None:
    found = problem(
        tmp_path, f"synonyms: {declared}", s="spelling,means\nx,A\n", d="spelling,means\nx,A\nX,B\n"
    )
    assert words in found[2]
    assert found[:2] == (code, place)


RATES = """\
currency,day,rate
EUR,2026-01-01,1.08
EUR,2026-01-15,1.09
EUR,2026-02-01,1.10
GBP,2025-12-31,1.30
"""


def test_of_each_currency_the_last_rate_on_or_before_the_day_counts(tmp_path: Path) -> None:
    header = "money: {currency: usd, fields: annual_revenue, day: 2026-01-15, rates: {file: r.csv}}"
    money = load(tmp_path, header, r=RATES).money
    assert money is not None
    assert (money.currency, money.day, money.fields) == ("USD", date(2026, 1, 15), ("annual_revenue",))
    assert money.rates == {"EUR": 1.09, "GBP": 1.3, "USD": 1.0}
    before = load(tmp_path, header.replace("01-15", "01-14"), r=RATES).money
    assert before is not None and before.rates["EUR"] == 1.08


def test_rates_may_be_written_in_the_rules(tmp_path: Path) -> None:
    money = load(tmp_path, "money: {currency: USD, day: 2026-01-15, rates: {eur: 1.08, USD: 1}}").money
    assert money is not None and money.rates == {"EUR": 1.08, "USD": 1.0}


@pytest.mark.parametrize(
    ("changed", "code", "place", "words"),
    [
        ("currency: DOLLAR", Code.RATE, "rules.yaml:2:9", "is no currency of ISO 4217"),
        ("fields: [name]", Code.WRONG_KIND, "rules.yaml:2:9", "name is no field of numbers"),
        ("fields: [revenue]", Code.UNKNOWN_FIELD, "rules.yaml:2:9", "unknown field 'revenue'"),
        ("currency_field: score", Code.WRONG_KIND, "rules.yaml:2:9", "names no currency"),
        ("day: 2026-02-30", Code.BAD_VALUE, "rules.yaml:2:9", "a day like"),
        ("rates: {ERU: 1.08}", Code.RATE, "rules.yaml:2:9", "did you mean"),
        ("rates: {EUR: 0}", Code.BAD_VALUE, "rules.yaml:2:9", "greater than 0"),
        ("rates: {USD: 2}", Code.RATE, "rules.yaml:2:9", "one USD is worth 2 USD"),
        ("rates: {file: late.csv}", Code.RATE, "rules.yaml:2:9", "no rate of CHF on or before 2026-01-15: its first is of 2026-01-16"),
        ("rates: {file: twice.csv}", Code.RATE, "twice.csv:3:1", "EUR has two rates on 2026-01-01"),
        ("rates: {file: bad.csv}", Code.RATE, "bad.csv:2:1", "'x' is not a number"),
        ("rates: {file: none.csv}", Code.LIST_FILE, "rules.yaml:2:9", "cannot read file 'none.csv'"),
    ],
)  # fmt: skip
def test_money_that_cannot_be_computed_is_refused(
    tmp_path: Path, changed: str, code: Code, place: str, words: str
) -> None:
    entries = {"currency": "USD", "day": "2026-01-15", "rates": "{EUR: 1.08}"}
    key, _, value = changed.partition(": ")
    entries[key] = value
    header = "money: {" + ", ".join([changed, *(f"{k}: {v}" for k, v in entries.items() if k != key)]) + "}"
    files = {
        "late": "currency,day,rate\nCHF,2026-01-17,1\nCHF,2026-01-16,1\n",
        "twice": "currency,day,rate\nEUR,2026-01-01,1\nEUR,2026-01-01,2\n",
        "bad": "currency,day,rate\nEUR,2026-01-01,x\n",
    }
    found = problem(tmp_path, header, **files)
    assert words in found[2]
    assert found[0] is code
    assert found[1].startswith(place.removesuffix(":9"))


def test_the_whole_of_it_may_stand_in_several_files(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(
        "kinds: {sic_code: sic}\nrules:\n" + rule("a", "{sic_code: 111}") + "tests:\n"
        "  - {name: t, given: {sic_code: 111.0}, expect: {rule: a}}\n"
    )
    found = load(tmp_path, "include: more.yaml\nvars: {big: 5}", rule("b", '{employees: {from: "${big}"}}'))
    assert [r.id for r in found.rules] == ["a", "b"]
    assert str(found.rules[0].source).startswith("more.yaml:3:")
    assert found.files == ("rules.yaml", "more.yaml")


def test_two_rules_of_one_name_in_two_files_are_refused_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("rules:\n" + rule("a", "{city: x}"))
    code, place, text = problem(tmp_path, "include: more.yaml", rule("a"))
    assert (code, place.rpartition(":")[0]) == (Code.DUPLICATE_RULE, "rules.yaml:4")
    assert "more.yaml" in text


def test_a_rule_id_in_other_letters_is_told_which_letters_there_are(tmp_path: Path) -> None:
    code, _, text = problem(tmp_path, "", rule("köln"))
    assert code is Code.BAD_VALUE
    assert "'köln' is no id: letters a to z, digits" in text
