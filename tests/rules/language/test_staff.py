"""Reps, pods and who has a role now."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.language.codes import Code
from rules.language.load import RulesError, load_rules
from rules.language.people import Absence, PodBy, Ramp
from rules.language.ruleset import RuleSet
from tests.rules.language.worlds import rule, write_rules


def loaded(folder: Path, head: str) -> RuleSet:
    """A rule set with this head and one rule."""
    return load_rules(write_rules(folder, f"version: 1\n{head}\nrules:\n{rule('a')}"))


def test_what_holds_of_a_rep_is_read_with_its_days(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        "reps: {Ana@example.com: {cap: 120, floor: 20, ramp: {start: 2026-10-01, months: [0.25, 0.5]},"
        " away: [{from: 2026-12-20, until: 2027-01-03}], last_day: 2027-03-31}}",
    )
    rep = rules.reps["ana@example.com"]
    assert (rep.email, rep.cap, rep.floor, rep.last_day) == ("Ana@example.com", 120, 20, date(2027, 3, 31))
    assert rep.ramp == Ramp(date(2026, 10, 1), (0.25, 0.5))
    assert rep.absences == (Absence(date(2026, 12, 20), date(2027, 1, 3)),)
    assert str(rep.source) == "rules.yaml:2:25"


def test_a_pod_takes_turns_inside_its_window(tmp_path: Path) -> None:
    rules = loaded(tmp_path, "pods: {east: {members: [a@x.com], by: round_robin, window_days: 14}}")
    assert (rules.pods["east"].by, rules.pods["east"].window_days) == (PodBy.ROUND_ROBIN, 14)


def test_roles_may_say_who_has_them_now(tmp_path: Path) -> None:
    rules = loaded(tmp_path, "roles: {AE: {holder: owner_id}, CSM: {holder: name}, SDR: }")
    assert (rules.roles, rules.holders) == (("AE", "CSM", "SDR"), {"AE": "owner_id", "CSM": "name"})
    assert loaded(tmp_path, "roles: [AE]").holders == {}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("reps: {a@x.com: {cap: 5, floor: 6}}", [(Code.EMPTY_RANGE, 33)]),
        ("reps: {a@x.com: {cap: -1}}", [(Code.BAD_VALUE, 23)]),
        ("reps: {a@x.com: {}, A@x.com: {}}", [(Code.DUPLICATE_MEMBER, 21)]),
        ("reps: {a@x.com: {away: [{from: 2026-01-02, until: 2026-01-01}]}}", [(Code.NEVER_ACTIVE, 25)]),
        ("reps: {a@x.com: {ramp: {start: 2026-01-02, months: [1.5]}}}", [(Code.BAD_VALUE, 53)]),
        ("reps: {a@x.com: {last_day: soon}}", [(Code.BAD_VALUE, 28)]),
        ("pods: {p: {members: [a@x.com], window_days: 9}}", [(Code.BAD_VALUE, 45)]),
        ("roles: {AE: {holder: ownr_id}}", [(Code.UNKNOWN_FIELD, 22)]),
        ("roles: {AE: {holder: employees}}", [(Code.WRONG_KIND, 22)]),
        ("family: {parent_field: country}", [(Code.WRONG_KIND, 24)]),
        ("domains: {employes: {required: true}}", [(Code.UNKNOWN_FIELD, 11)]),
        ("domains: {country: {values: [Grmany]}}", [(Code.WRONG_KIND, 30)]),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, head: str, expected: list[tuple[Code, int]]
) -> None:
    with pytest.raises(RulesError) as caught:
        loaded(tmp_path, head)
    assert [(p.code, p.column) for p in caught.value.problems] == expected


def test_values_that_are_known_are_read_as_the_fields_are(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path, "domains: {country: {required: true, values: [UK, France]}, industry: {values: [Banking]}}"
    )
    assert rules.domains["country"].required and rules.domains["country"].values == ("FR", "GB")
    assert rules.domains["industry"].values == ("banking",)
