"""A back-test goes on from its own nights, heeds what the CRM changed, and finds accounts that come back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.records import MAIN, RecordKind
from connectors.tables import SCHEMAS
from rules.backtest import Past, backtest
from rules.language.load import load_rules
from rules.tables import Tables
from sync.answers.kept import HISTORY, kept, remember
from sync.errors import StateDamaged
from sync.report.backtest_text import backtest_json, backtest_text

RULES = """\
version: 1
rules:
  - {id: big, level: segment, when: {employees: {from: 200}}, assign: {territory: big, owner: kim@example.com}}
  - {id: rest, level: catch_all, when: {}, assign: {territory: rest, owner: ana@example.com}}
"""
FIRST = date(2026, 11, 2)
OWNERS = [{"id": i, "email": f"{e}@example.com", "active": True, "person": True, "deleted": False}
          for i, e in (("U1", "ana"), ("U2", "kim"), ("U3", "lee"))]  # fmt: skip


def day(folder: Path, number: int, accounts: dict[str, tuple[str | None, int]]) -> Past:
    """A snapshot: by account its owner in the CRM and its employees."""
    tables = folder / f"day-{number}"
    tables.mkdir()
    rows = {
        RecordKind.ACCOUNTS: [
            {"id": i, "owner_id": owner, "employees": size, "deleted": False}
            for i, (owner, size) in accounts.items()
        ],
        RecordKind.OWNERS: OWNERS,
        RecordKind.OPPORTUNITIES: [],
        RecordKind.ACTIVITIES: [],
    }
    for kind, found in rows.items():
        pq.write_table(pa.Table.from_pylist(found, SCHEMAS[kind]), tables / f"{kind}.parquet")
    return Past(
        FIRST + timedelta(days=number), f"s{number}", Tables(*(tables / f"{k}.parquet" for k in MAIN))
    )


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def test_what_a_night_moved_stays_moved_until_the_crm_says_otherwise(
    tmp_path: Path, rules_file: Path
) -> None:
    """The CRM goes on to show U3 for `a`: it never heard of our move. For `b` somebody chose U3 on the third day."""
    past = [
        day(tmp_path, 0, {"a": ("U3", 500), "b": ("U1", 10)}),
        day(tmp_path, 1, {"a": ("U3", 500), "b": ("U1", 10)}),
        day(tmp_path, 2, {"a": ("U3", 500), "b": ("U3", 10)}),
    ]
    found = backtest("rules.yaml", load_rules(rules_file), past, "AE", _work(tmp_path))
    assert [night.moves for night in found.nights] == [1, 0, 1]
    assert [night.churn for night in found.nights] == [0.5, 0.0, 0.5]
    assert (found.moves, found.moved_accounts, found.flips) == (2, 2, 0)


def test_an_account_that_goes_back_is_a_flip_with_its_days(tmp_path: Path, rules_file: Path) -> None:
    sizes = [10, 250, 10]
    past = [day(tmp_path, number, {"a": ("U1", size), "b": ("U2", 900)}) for number, size in enumerate(sizes)]
    found = backtest("rules.yaml", load_rules(rules_file), past, "AE", _work(tmp_path))
    assert [night.moves for night in found.nights] == [0, 1, 1]
    assert [night.territories for night in found.nights] == [0, 1, 1]
    assert found.flips == 1
    [flip] = found.examples
    assert flip.account_id == "a" and flip.owners == ("U1", "U2", "U1")
    assert flip.days == (FIRST + timedelta(days=1), FIRST + timedelta(days=2))
    text = backtest_text([found])
    assert "a: U1 → U2 → U1 (2026-11-03, 2026-11-04)" in text
    assert backtest_json([found])["rule_sets"][0]["nights"][1]["churn"] == 0.5


def test_bands_that_remember_do_not_flip(tmp_path: Path, rules_file: Path) -> None:
    """The same three days; a rule set with hysteresis moves nobody."""
    calm = RULES.replace("when: {employees: {from: 200}}", "when: {size: large}").replace(
        "rules:",
        "derived:\n  size: {of: employees, bands: [{name: small}, {name: large, from: 200, up: 300, down: 100}]}\nrules:",
    )
    other = tmp_path / "calm.yaml"
    other.write_text(calm, encoding="utf-8")
    past = [day(tmp_path, number, {"a": ("U1", size)}) for number, size in enumerate([10, 250, 10])]
    jumpy = backtest("rules.yaml", load_rules(rules_file), past, "AE", _work(tmp_path, "one"))
    steady = backtest("calm.yaml", load_rules(other), past, "AE", _work(tmp_path, "two"))
    assert (jumpy.moves, jumpy.flips) == (2, 1)
    assert (steady.moves, steady.flips) == (0, 0)
    lines = backtest_text([jumpy, steady]).splitlines()
    assert "  A: rules.yaml" in lines and "  B: calm.yaml" in lines
    assert all(len(line) <= 100 for line in lines)


def test_the_last_pull_of_a_day_counts_in_the_rules_own_time_zone(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        for kind in MAIN:
            (tmp_path / name / f"{kind}.parquet").touch()
    remember(tmp_path, "one", datetime(2026, 11, 2, 9, tzinfo=UTC))
    remember(tmp_path, "two", datetime(2026, 11, 3, 3, tzinfo=UTC))
    remember(tmp_path, "three", datetime(2026, 11, 3, 12, tzinfo=UTC))
    remember(tmp_path, "gone", datetime(2026, 11, 4, 12, tzinfo=UTC))
    assert kept(tmp_path, "UTC") == {
        date(2026, 11, 2): tmp_path / "one",
        date(2026, 11, 3): tmp_path / "three",
    }
    new_york = kept(tmp_path, "America/New_York")
    assert new_york == {date(2026, 11, 2): tmp_path / "two", date(2026, 11, 3): tmp_path / "three"}


def test_a_damaged_line_of_the_history_is_named_and_a_half_written_last_one_is_not_minded(
    tmp_path: Path,
) -> None:
    remember(tmp_path, "one", datetime(2026, 11, 2, 9, tzinfo=UTC))
    with (tmp_path / HISTORY).open("a") as file:
        file.write('{"pulled_at": "2026')
    assert kept(tmp_path, "UTC") == {}
    with (tmp_path / HISTORY).open("a") as file:
        file.write('\n{"pulled_at": "2026-11-03T00:00:00+00:00", "snapshot": "x"}\n')
    with pytest.raises(StateDamaged, match=r"history.jsonl:2 cannot be read"):
        kept(tmp_path, "UTC")


def _work(folder: Path, name: str = "work") -> Path:
    made = folder / name
    made.mkdir()
    return made
