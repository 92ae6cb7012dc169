"""both.yaml says who writes what, and contradicts neither side's own outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.language.reading.document import DocumentError
from sync.both.config import load_pair

RULES = """\
version: 1
levels: [geography]
rules:
  - {id: rest, level: geography, when: {}, assign: {territory: rest, owner: kim@example.com}}
"""
BOTH = """\
version: 1
lead: a/config.yaml
follow: b/config.yaml
match: [domain]
writers:
  owner: {lead: territory, follow: crm}
  territory: {lead: territory, follow: territory}
"""
CRMS = {
    "a": "{kind: hubspot, portal_id: '1', token: {env: T}}",
    "b": "{kind: hubspot, portal_id: '2', token: {env: T}}",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    outputs = {"a": "{fields: {territory: ''}}", "b": "{owner: false, fields: {territory: ''}}"}
    for name, crm in CRMS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(
            f"version: 1\ncrm: {crm}\nrules: ../rules.yaml\noutputs: {outputs[name]}\n"
        )
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "both.yaml").write_text(BOTH)
    return tmp_path


def change(folder: Path, old: str, new: str, file: str = "both.yaml") -> str:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        load_pair(folder / "both.yaml")
    return str(caught.value)


def test_two_projects_that_agree_are_a_pair(folder: Path) -> None:
    pair = load_pair(folder / "both.yaml")
    assert (pair.lead.crm_name, pair.follow.crm_name) == ("hubspot 1", "hubspot 2")


def test_a_field_that_is_written_needs_a_writer(folder: Path) -> None:
    said = change(folder, "  territory: {lead: territory, follow: territory}\n", "")
    assert "'territory' is written by the outputs of lead, follow and has no writer here" in said


def test_a_field_that_the_crm_carries_is_not_written_by_us_too(folder: Path) -> None:
    said = change(folder, "owner: {lead: territory", "owner: {lead: crm")
    assert "both.yaml:6" in said and "the outputs of" in said and "write it too" in said


def test_a_field_that_is_ours_is_in_the_outputs(folder: Path) -> None:
    said = change(folder, "follow: crm", "follow: territory")
    assert "on the side follow we are to write it, and the outputs of" in said


def test_both_sides_are_decided_by_the_same_rules(folder: Path) -> None:
    (folder / "b" / "rules.yaml").write_text(RULES.replace("kim@", "lee@"))
    assert "let rules: of both configs name one file" in change(
        folder, "../rules.yaml", "rules.yaml", "b/config.yaml"
    )


def test_two_crms_and_two_state_folders_are_wanted(folder: Path) -> None:
    said = change(folder, "portal_id: '2'", "portal_id: '1'", "b/config.yaml")
    assert "both sides are hubspot 1; two CRMs are wanted" in said
    config = folder / "b" / "config.yaml"
    config.write_text(config.read_text() + "state: ../a/state\n")
    with pytest.raises(DocumentError, match="both sides keep their state in"):
        load_pair(folder / "both.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("match: [domain]", "match: []", "at least 1 wanted"),
        ("match: [domain]", "match: [name]", "is not"),
        ("follow: crm", "follow: nobody", "'nobody' is not one of 'territory' or 'crm'"),
        ("version: 1", "version: 2", "version"),
    ],
)
def test_what_is_misspelt_is_named_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    told = change(folder, old, new)
    assert said in told and "both.yaml:" in told
