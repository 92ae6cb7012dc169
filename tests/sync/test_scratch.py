"""What does not fit into memory goes where nobody else looks, and is gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.scratch import scratch


def where(folder: Path | None = None) -> Path:
    """The folder that a question spills into, after one that did."""
    with scratch("60MB", folder) as con:
        [(name,)] = con.execute("SELECT current_setting('temp_directory')").fetchall()
        # Values that do not compress, several times what it may keep.
        con.execute("CREATE TABLE much AS SELECT md5(range::VARCHAR) || range AS s FROM range(2500000)")
        con.execute("SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY s) FROM much)").fetchall()
        assert any(Path(name).iterdir())
    return Path(name)


def test_nothing_is_spilled_into_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not where().exists()
    assert not list(tmp_path.iterdir())


def test_it_spills_into_the_folder_that_is_named(tmp_path: Path) -> None:
    assert where(tmp_path).is_relative_to(tmp_path)
