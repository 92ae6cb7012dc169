"""What explain says of an account is what the engine decides, whatever is around the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.decisions import Decision, ReasonCode
from rules.engine.assign import assign
from rules.explanation.explain import Explanation
from rules.tables import MEMORY
from sync.answers.account import Rows, ancestry, find_account
from sync.answers.explanation import Teller, tell, telling
from sync.errors import SyncError
from sync.report.explain_json import explain_json
from sync.report.explain_text import explain_text
from sync.scratch import scratch
from sync.session import Session
from tests.sync.explained_world import DAY, account_id, made


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A project with a memory of the night before."""
    found = made(tmp_path_factory.mktemp("explained"))
    rows = [
        {"account_id": account_id(n), "key": key, "value": value, "since": since}
        for n in range(0, 240, 3)
        for key, value, since in [
            ("band:size", "mid", None),
            ("hold:hot-deal", None, date(2026, 10, 1 + n % 31)),
        ]
    ]
    rows.sort(key=lambda row: (row["account_id"], row["key"]))
    pq.write_table(pa.Table.from_pylist(rows, MEMORY), found.project.state / "memory.parquet")
    return found


@pytest.fixture(scope="module")
def decided(session: Session, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the engine makes of the same snapshot and memory."""
    into = tmp_path_factory.mktemp("decided") / "assignments.parquet"
    with telling(session, session.project.rules()) as teller:
        tables = replace(teller.snapshot.tables, memory=session.project.state / "memory.parquet")
        assign(session.project.rules(), tables, into, DAY)
    return pq.read_table(into).to_pylist()


def test_every_account_is_explained_as_the_engine_decides_it(
    session: Session, decided: list[dict[str, Any]]
) -> None:
    seen = set()
    with telling(session, session.project.rules()) as teller:
        rows = teller.rows.by_id(teller.snapshot.tables.accounts, [row["account_id"] for row in decided])
        for row in decided:
            told = teller.tell(rows[row["account_id"]], ("AE",)).roles[0]
            assert told.territory == row["territory"], row
            _agrees(told.explanation, told.parent, row)
            seen.add((row["decision"], row["reason_code"]))
    assert {("held", "exception"), ("held", "held"), ("assigned", "family"), ("review", "family_broken"),
            ("review", "unknown_field"), ("kept", "only_unassigned"), ("unassigned", "no_owner")} <= seen  # fmt: skip


def _agrees(found: Explanation, parent: Explanation | None, row: dict[str, Any]) -> None:
    assert (found.winner and found.winner.id) == row["rule_id"], row
    if parent is None or not found.follows:
        codes = {found.code, ReasonCode.STICKY if found.code is ReasonCode.MATCHED else found.code}
        assert row["reason_code"] in codes, (found.code, row)
        assert found.decision == row["decision"], row
        assert found.reason == row["reason"], row
    else:
        assert row["reason"].startswith(found.reason), row
        undecided = parent.decision in (Decision.REVIEW, Decision.UNASSIGNED)
        assert row["reason_code"] == ("family_undecided" if undecided else "family"), row


def test_a_hold_that_is_over_is_passed_over_and_says_since_when(session: Session) -> None:
    """Somebody whose hold of at most 30 days began on the first of October."""
    with telling(session, session.project.rules()) as teller:
        texts = [_text(teller, n) for n in range(0, 240, 31 * 3)]
    assert any("hot-deal" in text and "is over" in text for text in texts) or _none_is_hot(texts)


def _text(teller: Teller, number: int) -> str:
    row = teller.rows.by_id(teller.snapshot.tables.accounts, [account_id(number)])[account_id(number)]
    return explain_text(teller.tell(row, ("AE",)))


def _none_is_hot(texts: list[str]) -> bool:
    return not any("open_deals        2" in text for text in texts)


def test_the_text_fits_a_terminal_and_the_json_says_the_same(session: Session) -> None:
    told = tell(session, "company 7", role="AE")
    text, plain = explain_text(told), explain_json(told)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert text.startswith("Company 7 (")
    assert plain["account"]["name"] == "Company 7"
    assert [role["rule"] for role in plain["roles"]] == [told.roles[0].explanation.winner.id]  # type: ignore[union-attr]
    assert {found["name"] for found in plain["derived"]} == {"open_deals", "size", "family_employees"}


def test_a_band_says_the_boundaries_that_count_because_of_last_night(session: Session) -> None:
    with telling(session, session.project.rules()) as teller:
        told = [teller.tell(row, ("AE",)) for row in _remembered(teller)]
    assert told
    for one in told:
        [size] = [found for found in one.derived if found.name == "size"]
        assert size.value == "mid"
        assert "it was mid last night" in size.how and "mid is entered at 220 and left below 180" in size.how


def _remembered(teller: Teller) -> list[dict[str, Any]]:
    """Accounts of 190 employees that were mid-sized: they stay, until they are below 180."""
    rows = teller.rows.by_id(teller.snapshot.tables.accounts, [account_id(n) for n in range(0, 240, 3)])
    return [row for row in rows.values() if row["employees"] == 190]


def test_an_account_is_found_by_short_id_and_name_and_an_ambiguous_one_is_refused(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.parquet"
    names = ["Acme", "Globex", "acme"]
    ids = ["001Ws00001AbCdEIAV", "001B", "001C"]
    pq.write_table(pa.table({"id": ids, "name": names, "website": [None, "www.globex.com", None]}), accounts)
    with scratch() as con:
        rows = Rows(con)
        assert find_account(rows, accounts, "001Ws00001AbCdE")["name"] == "Acme"
        assert find_account(rows, accounts, "GLOBEX.com")["id"] == "001B"
        with pytest.raises(SyncError, match=r"several accounts; give the id:\n  001C  acme\n  001Ws"):
            find_account(rows, accounts, "Acme")
        with pytest.raises(SyncError, match="no account with id, domain or name 'Initech'"):
            find_account(rows, accounts, "Initech")


@pytest.mark.parametrize(
    ("parents", "path", "broken"),
    [
        ({"a": None}, "a", None),
        ({"a": "b", "b": "c", "c": " "}, "abc", None),
        ({"a": "b", "b": "a"}, "ab", "circle"),
        ({"a": "b", "b": "c", "c": "d", "d": None}, "abc", "further up than 2 levels"),
        ({"a": "gone"}, "a", None),
        ({"a": "b", "b": "c", "c": "gone"}, "abc", None),
    ],
)
def test_a_family_is_followed_up_to_its_end(
    tmp_path: Path, parents: dict[str, str | None], path: str, broken: str | None
) -> None:
    accounts = tmp_path / "accounts.parquet"
    pq.write_table(pa.table({"id": list(parents), "parent_id": list(parents.values())}), accounts)
    with scratch() as con:
        rows = Rows(con)
        found = ancestry(rows, accounts, rows.by_id(accounts, ["a"])["a"], "parent_id", 2, ())
    assert "".join(row["id"] for row in found.path) == path
    assert (broken in found.broken) if broken and found.broken else found.broken == broken
    assert found.lost == ("gone" if "gone" in parents.values() else None)


def test_a_role_that_no_rule_has_is_refused_by_name(session: Session) -> None:
    with pytest.raises(SyncError, match="no role is called 'CSM'; the rules have AE"):
        tell(session, account_id(1), role="CSM")


def test_what_people_read_of_a_held_account_a_circle_and_a_pod(session: Session) -> None:
    """A golden file: look at it when you change it."""
    with telling(session, session.project.rules()) as teller:
        rows = teller.rows.by_id(teller.snapshot.tables.accounts, [account_id(n) for n in (5, 10, 44)])
        texts = [explain_text(teller.tell(row, ("AE",))) for _, row in sorted(rows.items())]
    golden = Path(__file__).parents[1] / "golden" / "sync" / "explain.txt"
    assert "\n".join(texts) == golden.read_text(encoding="utf-8")
