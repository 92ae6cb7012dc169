"""What must not be taken over from the last night: each case changes one thing that a stored bit depends on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.engine.assign import assign
from rules.engine.incremental import assign_again
from rules.language.active import Active
from rules.language.condition import Any, Between, Condition, DaysFromToday, FieldKind, HasPrefix, In, Not
from rules.language.ruleset import RuleSet
from rules.tables import Tables
from tests.rules.engine.worlds import FIELDS, Row, rule, rule_set, tables

DAY = date(2026, 3, 30)
NEXT = DAY + timedelta(days=1)


def nights(folder: Path, rules: RuleSet, *made: Tables) -> list[list[str | None]]:
    """The rules that decide on following nights; every night is as from scratch."""
    found = []
    for night, files in enumerate(made):
        day = DAY + timedelta(days=night)
        assign(rules, files, folder / "scratch.parquet", day)
        assign_again(
            rules, files, folder / "again.parquet", day, matched=folder / "matched.parquet", above=-1
        )
        assert (folder / "again.parquet").read_bytes() == (folder / "scratch.parquet").read_bytes()
        found.append(pq.read_table(folder / "again.parquet")["rule_id"].to_pylist())
    return found


def with_days(folder: Path, rows: list[Row]) -> Tables:
    """Dates that the CRM keeps as text."""
    made = tables(folder, [{**row, "signed_on": None} for row in rows])
    table = pq.read_table(made.accounts).drop_columns(["signed_on"])
    days = pa.array([str(row["signed_on"]) for row in rows])
    pq.write_table(table.append_column("signed_on", days), made.accounts)
    return made


def test_a_day_passes_for_dates_that_are_text(tmp_path: Path) -> None:
    rules = rule_set(rule("recent", Between("signed_on", DaysFromToday(-90), None), owner="u1"), rule("rest"))
    rows: list[Row] = [{"id": str(n), "signed_on": DAY - timedelta(days=n)} for n in (89, 90, 91)]
    made = with_days(tmp_path, rows)
    assert nights(tmp_path, rules, made, made) == [["recent", "recent", "rest"], ["recent", "rest", "rest"]]


@pytest.mark.parametrize("column", ["postal_code", "state"])
def test_another_country_makes_another_code_of_the_same_text(tmp_path: Path, column: str) -> None:
    """No rule asks for the country itself."""
    text, codes = {"postal_code": ("10115", ("US-10115",)), "state": ("CA", ("US-CA",))}[column]
    rules = rule_set(rule("us", In(column, codes), owner="u1"), rule("rest"))
    folders = [tmp_path / country for country in ("US", "DE")]
    made = []
    for folder in folders:
        folder.mkdir()
        made.append(tables(folder, [{"id": "a", "country": folder.name, column: text}]))
    assert nights(tmp_path, rules, *made) == [["us"], ["rest"]]


US, DE = In("country", ("US",)), In("country", ("DE",))


@pytest.mark.parametrize(
    ("first", "second"),
    [(US, DE), (Any((US, DE)), US), (Not(US), Not(DE)), (HasPrefix("industry", ("b",)), US)],
)
def test_one_rule_ends_as_another_begins(tmp_path: Path, first: Condition, second: Condition) -> None:
    """There are as many rules of the same fields and values on both days."""
    both = rule("both", Any((US, DE, HasPrefix("industry", ("b",)))), level="late", owner="u1")
    order = rule("order", Any((In("country", ("GB",)), Not(Any((US, DE, Not(US), Not(DE)))))), owner="u1")
    rules = rule_set(
        order,
        rule("old", first, owner="u1", active=Active(until=DAY)),
        rule("new", second, owner="u2", active=Active(since=NEXT)),
        both,
    )
    made = tables(
        tmp_path,
        [
            {"id": str(n), "country": place, "industry": "bank"}
            for n, place in enumerate(("US", "DE", "CA", None))
        ],
    )
    one, two = nights(tmp_path, rules, made, made)
    assert "old" in one
    assert "new" in two
    assert "old" not in two


def test_a_column_that_becomes_another_type_is_read_again(tmp_path: Path) -> None:
    rules = rule_set(rule("many", Between("seats", 10, None), owner="u1"), rule("rest"), fields=FIELDS)
    made = tables(tmp_path, [{"id": "a", "seats": "9"}, {"id": "b", "seats": "10"}])
    folder = tmp_path / "numbers"
    folder.mkdir()
    later = replace(tables(folder, []), owners=made.owners)
    table = pq.read_table(made.accounts)
    at = table.schema.get_field_index("seats")
    pq.write_table(table.set_column(at, "seats", pa.array([10, 9])), later.accounts)
    assert FIELDS["seats"] is FieldKind.INTEGER
    assert nights(tmp_path, rules, made, later) == [["rest", "many"], ["many", "rest"]]
