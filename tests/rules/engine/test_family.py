"""Ultimate parents are right for chains, forests, circles and parents that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.family import lay_roots
from rules.engine.relations import DuckDatabase

Found = dict[str, tuple[str, bool]]
NAMES = [f"a{n}" for n in range(9)]


def roots(folder: Path, parents: Mapping[str, str | None], most_levels: int) -> Found:
    """Root and whether it is broken, of every account."""
    with duckdb.connect(":memory:") as con:
        database = DuckDatabase(con, folder)
        rows = pa.table({"id": pa.array(parents), "parent_id": pa.array(parents.values(), pa.string())})
        database.store("accounts", rows)
        lay_roots(database, "parent_id", most_levels)
        found = database.fetch(
            "SELECT accounts.id, coalesce(root, accounts.id), coalesce(broken, FALSE) "
            "FROM accounts LEFT JOIN roots ON roots.id = accounts.id"
        )
        assert len(found) == len(parents)
        return {id: (root, broken) for id, root, broken in found}


def by_walking(parents: Mapping[str, str | None], most_levels: int) -> Found:
    """One step at a time, as a person would."""
    found = {}
    for account in parents:
        here, levels = account, 0
        while (above := parents.get(here)) is not None and above in parents and levels <= most_levels:
            here, levels = above, levels + 1
        found[account] = (account, True) if levels > most_levels else (here, False)
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from([*NAMES, "", "nobody"])),
    st.integers(1, 9),
)
def test_roots_are_those_of_a_walk_upwards(
    tmp_path_factory: pytest.TempPathFactory, parents: dict[str, str | None], most_levels: int
) -> None:
    """Circles, self-parents, deleted parents and depths around the limit included."""
    folder = tmp_path_factory.mktemp("roots")
    assert roots(folder, parents, most_levels) == by_walking(parents, most_levels)


def test_what_is_wrong_with_a_parent_is_said(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as con:
        database = DuckDatabase(con, tmp_path)
        rows = {"id": ["a", "b", "c", "d"], "parent_id": ["b", "a", "x'y", " "]}
        database.store("accounts", pa.table(rows))
        lay_roots(database, "parent_id", 20)
        assert dict(database.fetch("SELECT id, issue FROM roots")) == {
            "a": "parent_id goes in a circle, or further up than 20 levels",
            "b": "parent_id goes in a circle, or further up than 20 levels",
            "c": "parent_id 'x'y' is not an account",
        }


def test_an_account_at_the_limit_still_has_its_family(tmp_path: Path) -> None:
    chain = {"a0": None, **{f"a{n}": f"a{n - 1}" for n in range(1, 9)}}
    found = roots(tmp_path, chain, 7)
    assert found["a7"] == ("a0", False)
    assert found["a8"] == ("a8", True)
