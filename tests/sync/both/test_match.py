"""Accounts of two CRMs are matched by a key that both have once, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.both.config import Key
from sync.both.match import Matched, match
from sync.errors import ConfigProblem


def accounts(path: Path, rows: list[dict[str, Any]]) -> Path:
    schema = pa.schema(
        [("id", pa.string()), ("website", pa.string()), ("other", pa.string()), ("deleted", pa.bool_())]
    )
    pq.write_table(pa.Table.from_pylist([{"deleted": False, **row} for row in rows], schema), path)
    return path


def matched(folder: Path, lead: list[dict[str, Any]], follow: list[dict[str, Any]], *keys: Any) -> Matched:
    return match(
        accounts(folder / "lead.parquet", lead),
        accounts(folder / "follow.parquet", follow),
        keys or ("domain",),
        folder / "pairs.parquet",
        "200MB",
    )


def pairs(found: Matched) -> set[tuple[str, str, str]]:
    rows = duckdb.connect().execute(f"SELECT lead_id, follow_id, key FROM '{found.path}'").fetchall()
    return {(lead, follow, key) for lead, follow, key in rows}


def test_a_website_and_a_domain_are_one_company(tmp_path: Path) -> None:
    found = matched(
        tmp_path,
        [{"id": "L1", "website": "https://www.Acme.com/about"}, {"id": "L2", "website": "acme.co.uk"}],
        [{"id": "F1", "website": "acme.com"}, {"id": "F2", "website": "shop.acme.co.uk"}],
    )
    assert pairs(found) == {("L1", "F1", "domain"), ("L2", "F2", "domain")}
    assert (found.lead_alone, found.follow_alone, found.ambiguous) == (0, 0, 0)


def test_a_key_that_stands_twice_matches_nobody_and_is_told(tmp_path: Path) -> None:
    found = matched(
        tmp_path,
        [
            {"id": "L1", "website": "acme.com"},
            {"id": "L2", "website": "acme.com"},
            {"id": "L3", "website": "b.com"},
        ],
        [
            {"id": "F1", "website": "acme.com"},
            {"id": "F2", "website": "b.com"},
            {"id": "F3", "website": "b.com"},
        ],
    )
    assert pairs(found) == set()
    assert found.ambiguous == 6
    assert found.examples == ("acme.com: lead L1, L2; follow F1", "b.com: lead L3; follow F2, F3")


def test_one_side_alone_with_a_value_twice_is_not_ambiguous(tmp_path: Path) -> None:
    found = matched(
        tmp_path, [{"id": "L1", "website": "a.com"}, {"id": "L2", "website": "a.com"}], [{"id": "F1"}]
    )
    assert (found.ambiguous, found.lead_alone, found.follow_alone) == (0, 2, 1)


def test_an_external_id_comes_before_the_domain_and_clears_what_that_alone_could_not(tmp_path: Path) -> None:
    found = matched(
        tmp_path,
        [{"id": "L1", "website": "a.com", "other": " F1 "}, {"id": "L2", "website": "a.com"}],
        [{"id": "F1", "website": "a.com"}, {"id": "F2", "website": "a.com"}],
        Key(lead="other", follow="id"),
        "domain",
    )
    assert pairs(found) == {("L1", "F1", "other = id"), ("L2", "F2", "domain")}
    assert found.by_key == {"other = id": 1, "domain": 1}
    assert found.ambiguous == 0


def test_deleted_accounts_are_nobody_s_partner(tmp_path: Path) -> None:
    lead = [{"id": "L1", "website": "a.com", "deleted": True}, {"id": "L2", "website": "a.com"}]
    assert pairs(matched(tmp_path, lead, [{"id": "F1", "website": "a.com"}])) == {("L2", "F1", "domain")}


def test_a_column_that_a_side_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"the side follow has no column 'duns' of accounts; map it"):
        matched(tmp_path, [{"id": "L1"}], [{"id": "F1"}], Key(lead="other", follow="duns"))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd")))
def test_no_account_has_two_partners_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, left: list[str], right: list[str]
) -> None:
    found = matched(
        tmp_path_factory.mktemp("m"),
        [{"id": f"L{n}", "other": value} for n, value in enumerate(left)],
        [{"id": f"F{n}", "other": value} for n, value in enumerate(right)],
        Key(lead="other", follow="other"),
    )
    once = {value for value in left if left.count(value) == 1 and right.count(value) == 1}
    assert len(pairs(found)) == len(once)
    assert found.lead_alone + len(once) == len(left) and found.follow_alone + len(once) == len(right)
    torn = {v for v in {*left} & {*right} if left.count(v) > 1 or right.count(v) > 1}
    assert found.ambiguous == sum(v in torn for v in left) + sum(v in torn for v in right)
