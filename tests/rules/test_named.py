"""Entries that name no account, or several, are found on the snapshot's accounts."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine.errors import AssignError
from rules.language.condition import FieldKind
from rules.language.fields import STANDARD_FIELDS
from rules.language.load import load_rules
from rules.language.ruleset import RuleSet
from rules.language.values.normalise import normalise
from rules.named import named_entries
from tests.rules.language.worlds import write_rules

FIELDS = {**STANDARD_FIELDS, "erp": FieldKind.ID, "record_type": FieldKind.ID}
TEXT = """\
version: 1
lists:
  key: {{file: lists/key.csv, column: account, type: id}}
  global: {{values: [{domains}], type: domain}}
rules:
  - {{id: key, level: named, table: {{list: key, field: id, columns: {{territory: territory}}}}, assign: {{role: AE}}}}
  - {{id: global, level: named, when: {{website: {{in_list: global}}}}, assign: {{territory: global}}}}
  - {{id: erp, level: named, when: {{any: [{{erp: [E1, E2]}}, {{erp: E9}}], record_type: R1, owner_id: O1}}, assign: {{territory: erp}}}}
  - {{id: not-erp, level: geography, when: {{erp: {{not_in: [E7]}}}}, assign: {{territory: x}}}}
"""
KEY = "account,territory\n001Ws00001AbCdE,x\nA2,x\nGONE,y\n"


def ruleset(
    folder: Path, domains: str = "contoso.com, fabrikam.co.uk, nobody.com", key: str = KEY
) -> RuleSet:
    """Rules that name accounts by id, by an id of the admin's own, and by domain."""
    return load_rules(write_rules(folder, TEXT.format(domains=domains), key=key), FIELDS)


def table(folder: Path, rows: list[dict[str, object]]) -> Path:
    """An accounts file of these rows."""
    names = ("id", "website", "erp", "record_type", "owner_id")
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    columns["deleted"] = pa.array([row.get("deleted", False) for row in rows], pa.bool_())
    pq.write_table(pa.table(columns), folder / "accounts.parquet")
    return folder / "accounts.parquet"


ROWS: list[dict[str, object]] = [
    {
        "id": "001Ws00001AbCdEIAV",
        "website": "https://www.Contoso.com/about",
        "erp": "E1",
        "record_type": "R1",
    },
    {"id": "A2", "website": "info@shop.fabrikam.co.uk", "erp": "E2", "record_type": "R1"},
    {"id": "A3", "website": "CONTOSO.com.", "erp": "E2", "record_type": "R1"},
    {"id": "A4", "website": "contoso.com.evil.org", "erp": "E4", "record_type": "R1"},
    {"id": "GONE", "website": "nobody.com", "erp": "E5", "record_type": "R1", "deleted": True},
    *({"id": f"X{n}", "website": None, "erp": f"F{n}", "record_type": "R1"} for n in range(20)),
]


def test_entries_of_no_account_and_of_several_are_told_apart_from_good_ones(tmp_path: Path) -> None:
    found = named_entries(ruleset(tmp_path), table(tmp_path, ROWS))
    assert [(e.field, e.value, e.list, e.accounts, e.ids) for e in found] == [
        ("id", "GONE", "key/y", 0, ()),
        ("website", "contoso.com", "global", 2, ("001Ws00001AbCdEIAV", "A3")),
        ("website", "nobody.com", "global", 0, ()),
        ("erp", "E2", None, 2, ("A2", "A3")),
        ("erp", "E9", None, 0, ()),
    ]
    assert (
        str(found[0])
        == "'GONE' of list 'key/y' is the id of no account (rule key/y); take it out, or correct it"
    )
    assert str(found[3]) == (
        "'E2' is the erp of 2 accounts: A2, A3 (rule erp); merge them, or name one by its id"
    )
    assert str(found[3].source) == "rules.yaml:8:5"


def test_an_id_of_fifteen_characters_in_the_file_is_the_one_of_eighteen(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{**ROWS[0], "id": "001Ws00001AbCdE"}, *ROWS[1:]]
    assert "001Ws00001AbCdEIAV" not in {
        e.value for e in named_entries(ruleset(tmp_path), table(tmp_path, rows))
    }


def test_a_field_that_the_accounts_lack_is_an_error(tmp_path: Path) -> None:
    path = table(tmp_path, ROWS)
    pq.write_table(pq.read_table(path).drop_columns(["erp"]), path)
    with pytest.raises(AssignError, match="has no column 'erp'"):
        named_entries(ruleset(tmp_path), path)


WEBSITES = st.one_of(
    st.sampled_from(["contoso.com", "http://a@CONTOSO.com:80/x?y#z", "münchen.de", "xn--mnchen-3ya.de", "ｃontoso.com", "con\ttoso.com",
                     "contoso.com/contoso.de", "contoso.de/contoso.com", "a_b.contoso.com", "ftp://x.y.fabrikam.co.uk.", " contoso.com ", "[contoso.com]",
                     "contoso.com,fabrikam.co.uk", "//contoso.com", "\\\\contoso.com", "contoso。com", "gmail.com", "N/A", "www.com"]),
    st.text("contos.m/:@#?aä \t[]%-_", max_size=16),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(st.lists(st.none() | WEBSITES, min_size=5, max_size=60))
def test_counts_are_those_of_reading_every_website(tmp_path: Path, websites: list[str | None]) -> None:
    """The query's first sieve never loses an account that `normalise` would find."""
    rules = ruleset(tmp_path, "contoso.com, fabrikam.co.uk, münchen.de", "account,territory\nA0,x\n")
    rows: list[dict[str, object]] = [{"id": f"A{n}", "website": site} for n, site in enumerate(websites)]
    read = [normalise(FieldKind.DOMAIN, site, None, rules.missing_values).value for site in websites]
    expected = {value: read.count(value) for value in ("contoso.com", "fabrikam.co.uk", "xn--mnchen-3ya.de")}
    found = {e.value: e.accounts for e in named_entries(rules, table(tmp_path, rows)) if e.field == "website"}
    assert found == {value: count for value, count in expected.items() if count != 1}


def test_five_thousand_names_among_two_hundred_thousand_accounts_take_about_a_second(tmp_path: Path) -> None:
    key = "account,territory\n" + "".join(f"A{n},t\n" for n in range(0, 10_000, 2))
    rules = ruleset(tmp_path, ", ".join(f"site{n}.com" for n in range(5000)), key)
    rows: list[dict[str, object]] = [
        {"id": f"A{n}", "website": f"https://www.site{n}.com/x", "erp": f"E{n}"} for n in range(200_000)
    ]
    path = table(tmp_path, rows)
    began = time.process_time()
    found = named_entries(rules, path)
    assert time.process_time() - began < 6
    assert [entry.value for entry in found] == ["R1"], (
        "a record type that nothing has is told, as it names no account"
    )
