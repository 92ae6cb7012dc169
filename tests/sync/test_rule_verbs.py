"""lint, test, explain and backtest as an admin or a build server calls them."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sync.cli.failures import exit_code_of
from sync.cli.verbs import app
from tests.sync.explained_world import account_id, made

SOUND = """\
version: 1
levels: [geography, catch_all]
rules:
  - {id: de, level: geography, when: {country: DE}, assign: {territory: de, owner: ana@example.com}}
  - {id: rest, level: catch_all, when: {}, assign: {territory: rest, owner: kim@example.com}}
tests:
  - {name: Germany, given: {country: Deutschland}, expect: {rule: de}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a snapshot of forty accounts, in the working directory."""
    made(tmp_path, 40, SOUND)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> Result:
    """The verb as in a terminal."""
    return CliRunner().invoke(app, list(words))


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "rules.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_sound_rules_are_ok_and_a_note_fails_nothing(folder: Path) -> None:
    done = call("lint", "--strict")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("ok: 2 rules in 2 levels, 0 lists, 0 pods")


def test_an_overlap_fails_with_its_place_and_an_account(folder: Path) -> None:
    edit(
        folder,
        "  - {id: rest",
        "  - {id: big, level: geography, when: {employees: {from: 9}}, assign: {territory: b, owner: kim@example.com}}\n  - {id: rest",
    )
    done = call("lint")
    assert done.exit_code == 1
    assert (
        "rules.yaml:5:5: error P001" in done.output and "for example country: DE, employees: " in done.output
    )
    assert done.output.splitlines()[-1].startswith("not ok: 3 rules")


def test_a_warning_from_the_snapshot_fails_only_where_it_is_asked_to(folder: Path) -> None:
    """Gone has left the company; nobody would get these accounts."""
    edit(folder, "ana@example.com", "gone@example.com")
    assert call("lint").exit_code == 0
    done = call("lint", "--strict")
    assert done.exit_code == 1
    assert "warning P007 nobody can own territory de: gone@example.com is not an active person" in done.output


def test_machines_read_the_same_as_json_and_sarif(folder: Path) -> None:
    edit(folder, "ana@example.com", "gone@example.com")
    plain = json.loads(call("lint", "--format", "json").output)
    assert plain["counts"]["warning"] == 1
    [found] = [remark for remark in plain["remarks"] if remark["severity"] == "warning"]
    assert (found["code"], found["line"], found["rules"]) == ("P007", 4, ["de"])
    run = json.loads(call("lint", "--format", "sarif").output)["runs"][0]
    [result] = [result for result in run["results"] if result["level"] == "warning"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "P007"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "rules.yaml" and place["region"]["startLine"] == 4


def test_documents_that_do_not_load_are_results_of_sarif_too(folder: Path) -> None:
    edit(folder, "country: DE", "contry: DE")
    done = call("lint", "--format", "sarif")
    assert done.exit_code == 1
    [result] = json.loads(done.output)["runs"][0]["results"]
    assert result["ruleId"] == "R012" and "did you mean 'country'?" in result["message"]["text"]


def test_an_edit_is_told_with_a_witness_and_the_accounts_that_move(folder: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    shutil.copy(folder / "rules.yaml", earlier)
    edit(folder, "when: {country: DE}", "when: {country: [DE, FR]}")
    done = call("lint", "--changed", "earlier")
    assert done.exit_code == 0, done.output
    assert "changed de: for example country: FR" in done.output
    told = json.loads(call("lint", "--changed", "earlier", "--format", "json").output.splitlines()[-1])
    assert told["proved_equal"] is False and told["accounts_moved"] > 0
    assert told["accounts_moved"] == sum(way["accounts"] for way in told["ways"])
    assert {(way["from_territory"], way["to_territory"]) for way in told["ways"]} == {("rest", "de")}


def test_an_edit_that_means_the_same_is_proved_to(folder: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    shutil.copy(folder / "rules.yaml", earlier)
    edit(folder, "when: {country: DE}", "when: {any: [{country: Germany}, {country: DE}]}")
    output = call("lint", "--changed", "earlier").output
    assert "proved: no account of any values comes out otherwise" in output
    assert "0 accounts of the last snapshot come out otherwise" in output


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_ref_of_git_is_a_base_and_an_unknown_one_an_error(folder: Path) -> None:
    for words in (
        ["init", "-q"],
        ["add", "rules.yaml"],
        ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    edit(folder, "territory: de,", "territory: dach,")
    assert "now dach, ana@example.com" in call("lint", "--changed", "HEAD").output
    for ref in ("nowhere", "--output=x"):
        failed = call("lint", "--changed", ref)
        assert failed.exception is not None and exit_code_of(failed.exception) == 1
        assert "name a commit, branch or tag" in str(failed.exception)


def test_tests_write_junit_that_a_parser_reads_back(folder: Path) -> None:
    name = 'odd <&> "name" \x07'
    edit(
        folder,
        "tests:",
        f"tests:\n  - {{name: {json.dumps(name)}, given: {{country: DE}}, expect: {{rule: rest}}}}",
    )
    done = call("test", "--junit", "out.xml", "--coverage")
    assert done.exit_code == 1
    suite = ET.parse(folder / "out.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    [failure] = suite.iter("failure")
    assert failure.get("message") == "rule: expected 'rest', found 'de'"
    assert "rules that no test reaches: rest" in done.output


def test_golden_accounts_come_from_the_last_snapshot(folder: Path) -> None:
    golden = f'tests:\n  - {{name: golden, account: "{account_id(3)}", expect: {{rule: none-such}}}}'
    edit(folder, "tests:", golden.replace("none-such", "de"))
    first = json.loads(call("test", "--json").output)["tests"][0]
    expected = json.loads(call("explain", account_id(3), "--json").output)["roles"][0]["rule"]
    assert first["passed"] is (expected == "de")
    edit(folder, account_id(3), "001UNKNOWN")
    assert "account '001UNKNOWN': not in the last snapshot" in call("test").output
    shutil.rmtree(folder / "state" / "snapshots")
    assert "there is no snapshot to take it from; pull first" in call("test").output


def test_why_not_says_what_would_have_to_change_and_is_right(folder: Path) -> None:
    plain = _first(folder, lambda role: role["rule"] == "rest")
    told = json.loads(call("explain", plain["account"]["id"], "--why-not", "de", "--json").output)["why_not"]
    assert [change["field"] for change in told["changes"]] == ["country"]
    failed = call("explain", plain["account"]["id"], "--why-not", "dee")
    assert "did you mean 'de'?" in str(failed.exception)


def test_why_not_knows_of_holds_and_of_what_is_passed_over(folder: Path) -> None:
    edit(folder, "levels: [", "levels: [legal, ")
    holds = "rules:\n  - {id: hold, level: legal, when: {}, keep: true}\n"
    edit(folder, "rules:\n", holds + "  - {id: up, level: legal, when: {}, follow: ultimate_parent}\n")
    held = _first(folder, lambda role: role["rule"] == "hold" and role["territory"] == "de")["account"]["id"]
    assert (
        "de wins; hold keeps the present owner all the same"
        in call("explain", held, "--why-not", "de").output
    )
    told = call("explain", held, "--why-not", "up").output
    assert "up cannot win: the account has no parent" in told
    edit(folder, "when: {}, keep: true", "when: {country: AQ}, keep: true")
    free = call("explain", held, "--why-not", "hold").output
    assert "would win with country" in free and "all the same" not in free


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_a_day_too_far_away_to_count_from_is_refused(folder: Path, day: str) -> None:
    done = call("lint", "--as-of", day)
    assert done.exit_code == 2 and "not a day from 1900 to 2200" in done.output
    assert call("lint", "--as-of", "2200-12-31").exit_code == 0


def _first(folder: Path, wanted: Any) -> dict[str, Any]:
    for number in range(40):
        plain: dict[str, Any] = json.loads(call("explain", account_id(number), "--json").output)
        if wanted(plain["roles"][0]):
            return plain
    raise AssertionError("no account of the snapshot is like that")


def test_a_back_test_without_kept_snapshots_says_how_they_come(folder: Path) -> None:
    failed = call("backtest", "--from", "2026-11-01")
    assert "none is kept yet. Every pull keeps one" in str(failed.exception)


def test_the_assignment_is_printed_as_a_script_of_a_warehouse(folder: Path) -> None:
    done = call("plan", "--sql", "snowflake")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("-- The assignment plan of 2 rules")


def test_a_dialect_that_there_is_not_is_refused_with_those_there_are(folder: Path) -> None:
    done = call("plan", "--sql", "oracle")
    assert done.exit_code != 0 and "snowflake" in str(done.exception)


def test_a_name_of_no_account_is_a_warning_of_the_snapshot(folder: Path) -> None:
    edit(
        folder,
        "  - {id: de,",
        "  - {id: key, level: geography, when: {id: 001-nobody}, over: [de], assign: {territory: k, owner: ana@example.com}}\n  - {id: de,",
    )
    done = call("lint")
    assert "warning P014 '001-nobody' is the id of no account" in done.output
