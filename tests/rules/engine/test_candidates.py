"""Short ways past the normalisation of every value lead where the long way does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import candidates
from rules.engine.candidates import plain_value
from rules.engine.reading import Reader
from rules.language.condition import FieldKind as K
from rules.language.condition import In, IsMissing
from rules.language.ruleset import RuleSet
from rules.language.values.domains import FREE_MAIL
from rules.language.values.normalise import normalise
from rules.language.values.postal import WIDTHS
from tests.rules.engine.test_assign import check
from tests.rules.engine.test_assign_cases import run
from tests.rules.engine.worlds import Row, accounts, rule, rule_set, rule_sets, tables

MISSING = ("", "-", "n/a", "none.com")
PIECES = ["acme", "ACME", ".com", ".co.uk", ".de", "www.", "https://", "/x", "@", ":80", " ", "-", "ß", "İ", "é", "\t",
          "none.com", "n/a", "001000000000001", "gmail.com", "..", "ﬁ"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.text(max_size=20)


@pytest.mark.parametrize("kind", [K.TEXT, K.ID, K.DOMAIN])
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=60))
def test_what_sql_calls_the_plain_value_is_the_normalised_one(kind: K, texts: list[str]) -> None:
    """Or one of the few that are looked at again: declared missing, or a provider of mail."""
    con = duckdb.connect()
    con.execute("CREATE TABLE given (raw VARCHAR)")
    con.executemany("INSERT INTO given VALUES (?)", [[text.replace("\0", "")] for text in texts])
    plain = plain_value(kind, "raw", MISSING)
    for raw, value in con.execute(f"SELECT raw, {plain} FROM given").fetchall():
        if value is not None and value not in {*MISSING, *FREE_MAIL}:
            assert value == normalise(kind, raw, None, frozenset(MISSING), ZoneInfo("UTC")).value, raw


@settings(max_examples=40, deadline=None)
@given(rule_sets(), accounts())
def test_the_engine_decides_as_the_book_does_where_it_reads_odd_values_only(
    rules: RuleSet, rows: list[Row]
) -> None:
    """As it does with columns of very many values; here with every column."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "MANY", -1)
        check(rules, rows, 64)


def test_a_site_that_is_declared_missing_is_missing_among_many_sites_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MANY", -1)
    declared = replace(
        rule_set(rule("none", IsMissing("website")), rule("other", In("website", ("acme.com",)))),
        missing_values=MISSING,
    )
    sites = {"a": "None.com", "b": "acme.com", "c": "gmail.com", "d": "https://www.acme.com/about"}
    made = tables(tmp_path, [{"id": account, "website": site} for account, site in sites.items()])
    found = {account: row["rule_id"] for account, row in run(declared, made, tmp_path).items()}
    assert found == {"a": "none", "b": "other", "c": "none", "d": "other"}


@pytest.mark.parametrize("country", sorted({*WIDTHS, "GB", "CA", "PR", "IE", "AD", "HK"}))
def test_the_short_way_to_a_postal_code_leads_where_the_long_way_does(country: str) -> None:
    rules = replace(rule_set(), missing_values=("", "99999"))
    reader = Reader(rules)
    for raw in (
        "02116",
        "12345",
        "00000",
        "99999",
        "1234",
        "123456",
        "2116",
        "12345-6789",
        "١٢٣٤٥",
        "1234５",
        " 2116",
    ):
        right = normalise(K.POSTAL_CODE, raw, country, frozenset(rules.missing_values), ZoneInfo("UTC"))
        assert reader.read("postal_code", raw, country) == right
