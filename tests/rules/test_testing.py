"""Tests beside the rules pass or say exactly what is different, and tell which rules they do not reach."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.language.codes import Code
from rules.language.load import RulesError, load_rules
from rules.testing import TestRun, run_tests
from tests.rules.language.worlds import write_rules

RULES = """\
version: 1
pods:
  west: {members: [ana@example.com, lee@example.com]}
rules:
  - {id: named, level: named, when: {website: acme.com}, assign: {territory: named, owner: kim@example.com}}
  - id: west
    level: geography
    when: {country: US, state: [CA, NV]}
    mode: only_unassigned
    assign: {territory: us.west, pod: west}
  - {id: odd, level: segment, when: {employees: {from: 5000}}, if_unknown: review, assign: {territory: big}}
  - {id: partner, level: named, when: {type: partner}, assign: {territory: partners, role: PM, owner: pat@example.com}}
tests:
"""


def run(folder: Path, *tests: str) -> TestRun:
    """Runs tests given as flow mappings of `given` and `expect`."""
    lines = "".join(f"  - {{name: t{i}, {test}}}\n" for i, test in enumerate(tests))
    return run_tests(load_rules(write_rules(folder, RULES + lines)), date(2026, 11, 23))


CALIFORNIA = "given: {country: USA, state: california, employees: 10}"


@pytest.mark.parametrize(
    "test",
    [
        f"{CALIFORNIA}, expect: {{rule: west, territory: us.west, pod: west, decision: assigned}}",
        f"{CALIFORNIA}, expect: {{owner: Ana@example.com}}",
        f"{CALIFORNIA}, expect: {{reason: 'state is US-CA or US-NV'}}",
        "given: {country: US, state: NV, employees: 1, owner_id: 005x}, expect: {decision: kept, rule: west}",
        "given: {website: https://www.acme.com/, employees: 1}, expect: {owner: kim@example.com, pod: null}",
        "given: {country: US}, expect: {decision: review, rule: odd, owner: null}",
        "given: {country: DE, employees: 1}, expect: {decision: unassigned, rule: null, territory: null}",
        "given: {employees: 6000}, expect: {decision: unassigned, rule: odd}",
        "given: {type: Partner}, expect: {role: PM, rule: partner}",
    ],
)
def test_a_test_that_describes_what_happens_passes(tmp_path: Path, test: str) -> None:
    ran = run(tmp_path, test)
    assert ran.passed, str(ran)


@pytest.mark.parametrize(
    ("test", "difference"),
    [
        (f"{CALIFORNIA}, expect: {{rule: named}}", "rule: expected 'named', found 'west'"),
        (f"{CALIFORNIA}, expect: {{rule: null}}", "rule: expected none, found 'west'"),
        (f"{CALIFORNIA}, expect: {{decision: kept}}", "decision: expected 'kept', found 'assigned'"),
        (
            f"{CALIFORNIA}, expect: {{owner: kim@example.com}}",
            "owner: expected 'kim@example.com', found 'one of pod west'",
        ),
        (
            f"{CALIFORNIA}, expect: {{reason: Nevada}}",
            "reason: expected 'Nevada', found 'west: country is US",
        ),
        (
            "given: {country: US, state: NV, employees: 1, owner_id: 005x}, expect: {owner: ana@example.com}",
            "owner: expected 'ana@example.com', found 'the present owner, who stays'",
        ),
        (
            "given: {country: DE, employees: 1}, expect: {territory: big}",
            "territory: expected 'big', found none",
        ),
    ],
)
def test_a_test_that_fails_shows_the_difference_its_place_and_how_it_came(
    tmp_path: Path, test: str, difference: str
) -> None:
    ran = run(tmp_path, test)
    assert not ran.passed
    assert difference in str(ran)
    assert "FAILED t0 (rules.yaml:14:5)" in str(ran)
    assert "0 of 1 tests passed" in str(ran)


def test_coverage_names_the_rules_that_no_test_reaches(tmp_path: Path) -> None:
    ran = run(
        tmp_path,
        f"{CALIFORNIA}, expect: {{rule: west}}",
        "given: {type: partner}, expect: {role: PM, rule: partner}",
    )
    assert ran.covered == ("partner", "west")
    assert ran.uncovered == ("named", "odd")
    assert ran.coverage == 0.5
    assert str(ran).endswith("2 of 2 tests passed; 2 of 4 rules covered (50%)")


def test_rules_without_tests_pass_and_cover_nothing(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.passed and ran.coverage == 0.0


@pytest.mark.parametrize(
    ("test", "code", "words"),
    [
        ("given: {country: US}, expect: {rule: wst}", Code.BAD_TEST, "did you mean 'west'"),
        ("given: {country: US}, expect: {territory: us.wst}", Code.BAD_TEST, "did you mean 'us.west'"),
        ("given: {country: US}, expect: {pod: wst}", Code.BAD_TEST, "did you mean 'west'"),
        ("given: {country: US}, expect: {role: CSM}", Code.BAD_TEST, "no role is called 'CSM'"),
        ("given: {contry: US}, expect: {rule: west}", Code.UNKNOWN_FIELD, "did you mean 'country'"),
        ("given: {country: US}, expect: {rul: west}", Code.UNKNOWN_KEY, "did you mean 'rule'"),
        ("given: {country: US}, expect: {decision: given}", Code.BAD_VALUE, "is not one of"),
    ],
)
def test_a_test_that_could_never_pass_is_refused_when_loaded(
    tmp_path: Path, test: str, code: Code, words: str
) -> None:
    with pytest.raises(RulesError) as caught:
        run(tmp_path, test)
    assert code in {problem.code for problem in caught.value.problems}
    assert words in str(caught.value)
