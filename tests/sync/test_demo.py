"""The demo's folder: only what a demo made is ever removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox import Seed, running
from sync.demo import play as demo
from sync.errors import SyncError


def nothing_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "VENDORS", ("salesforce",))
    monkeypatch.setattr(demo, "_two_nights", lambda *_: 0)


def test_a_folder_that_holds_anything_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "hubspot").mkdir()
    (tmp_path / "hubspot" / "config.yaml").write_text("version: 1\n")
    with pytest.raises(SyncError, match=r"hubspot, thesis\.txt; nothing was removed.*--folder"):
        demo.play(tmp_path, 50, say=print)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "hubspot" / "config.yaml").is_file()


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(SyncError, match="nothing was removed"):
        demo.play(tmp_path / "demo", 50, say=print)
    assert (tmp_path / "demo").read_text() == "mine"


def test_what_an_earlier_demo_made_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_is_played(monkeypatch)
    with running("salesforce", seed=Seed(accounts=1, reps=1, seed=1)) as crm:
        demo.make_project(tmp_path / "salesforce", "salesforce", crm)
    (tmp_path / "salesforce" / "old.txt").write_text("from the demo before")
    assert demo.play(tmp_path, 50, say=print) == 0
    assert not (tmp_path / "salesforce" / "old.txt").exists()
    assert (tmp_path / "salesforce" / "rules.yaml").is_file()
