"""Rules assign, keep or follow; they count on days, speak for roles, and win over others where they say so."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from rules.language.active import Active, FiscalWindow, Period
from rules.language.codes import Code
from rules.language.load import RulesError, load_rules
from rules.language.ruleset import Action, Family, Rule, RuleSet
from tests.rules.language.worlds import write_rules


def loaded(folder: Path, rules: str, head: str = "") -> RuleSet:
    """The rule set of some rules in YAML flow style, one a line."""
    return load_rules(write_rules(folder, _text(rules, head)))


def refused(folder: Path, rules: str, head: str = "") -> list[tuple[Code, str]]:
    """Code of every problem, and the first word of what the caret stands under."""
    with pytest.raises(RulesError) as caught:
        loaded(folder, rules, head)
    at = ((p, p.source_line[p.column - 1 :]) for p in caught.value.problems)
    return [(problem.code, re.split(r"[ ,:}\]]", text)[0]) for problem, text in at]


def _text(rules: str, head: str) -> str:
    body = "".join(f"  - {{{line.strip()}}}\n" for line in rules.strip().splitlines())
    return f"version: 1\n{head or 'mode: replace'}\nrules:\n{body}"


WEST = "id: west, level: geography, when: {}, assign: {territory: west}"


def test_a_hold_keeps_and_has_no_target(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path, f"id: open, level: holdout, when: {{country: US}}, keep: {{at_most_days: 90}}\n{WEST}"
    )
    hold = rules.rules[0]
    assert (hold.action, hold.hold_days, hold.territory, hold.owner, hold.pod) == (
        Action.KEEP,
        90,
        "",
        None,
        None,
    )
    assert rules.rules[1].action is Action.ASSIGN


def test_a_rule_may_follow_the_ultimate_parent_up_a_field_of_the_admins_choice(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        f"id: family, level: family, when: {{}}, follow: ultimate_parent\n{WEST}",
        "family: {parent_field: parent_id, most_levels: 5}",
    )
    assert rules.rules[0].action is Action.FOLLOW
    assert rules.family == Family("parent_id", 5)


def test_a_hold_without_a_role_holds_every_role_and_a_further_role_changes_no_id(tmp_path: Path) -> None:
    csm = "id: success, level: geography, when: {}, assign: {territory: west, role: CSM}"
    freeze = "id: freeze, level: legal, when: {}, keep: true"
    alone = loaded(tmp_path, f"{freeze}\n{WEST}")
    both = loaded(tmp_path, f"{freeze}\n{WEST}\n{csm}")
    assert [(rule.id, rule.role) for rule in alone.rules] == [("freeze", "AE"), ("west", "AE")]
    assert [(rule.id, rule.role) for rule in both.rules[:2]] == [("freeze", "AE"), ("freeze/CSM", "CSM")]


def test_a_hold_may_be_of_one_role_that_there_is(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path, f"id: freeze, level: legal, when: {{}}, keep: {{role: AE}}\n{WEST}", "roles: [AE, CSM]"
    )
    assert [rule.role for rule in rules.rules] == ["AE", "AE"]
    wrong = f"id: freeze, level: legal, when: {{}}, keep: {{role: SDR}}\n{WEST}"
    assert refused(tmp_path, wrong) == [(Code.UNKNOWN_ROLE, "SDR")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("id: a, level: legal, when: {}", (Code.ACTION, "{id")),
        ("id: a, level: legal, when: {}, keep: true, assign: {territory: x}", (Code.ACTION, "keep")),
        ("id: a, level: legal, when: {}, keep: true, follow: ultimate_parent", (Code.ACTION, "follow")),
        ("id: a, level: legal, when: {}, keep: no", (Code.BAD_VALUE, "no")),
        ("id: a, level: legal, when: {}, keep: {at_most_days: 0}", (Code.BAD_VALUE, "0")),
        ("id: a, level: legal, when: {}, follow: parent", (Code.BAD_VALUE, "parent")),
        ("id: a, level: legal, when: {}, assign: {role: AE}", (Code.MISSING_KEY, "{role")),
        ("id: a, level: exceptions, when: {}, keep: true", (Code.UNKNOWN_LEVEL, "exceptions")),
    ],
)
def test_a_rule_says_exactly_one_thing(tmp_path: Path, rule: str, expected: tuple[Code, str]) -> None:
    assert refused(tmp_path, f"{rule}\n{WEST}") == [expected]


def test_days_and_windows_of_the_fiscal_calendar_bound_a_rule(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        f"""id: end, level: legal, active: {{fiscal: {{period: quarter, last_days: 10}}}}, when: {{}}, keep: true
        id: year, level: legal, active: {{from: 2026-12-15, until: 2027-01-05}}, when: {{}}, keep: true
        {WEST}""",
        'as_of: {fiscal_year_start: "02-01"}',
    )
    end, year, west = (rule.active for rule in rules.rules)
    assert end == Active(fiscal=FiscalWindow(Period.QUARTER, last_days=10))
    assert year == Active(date(2026, 12, 15), date(2027, 1, 5))
    assert west == Active()


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        ("{from: 2026-12-15, until: 2026-12-14}", (Code.NEVER_ACTIVE, "2026-12-14")),
        ("{fiscal: {period: month}}", (Code.NEVER_ACTIVE, "{period")),
        ("{fiscal: {period: month, first_days: 1, last_days: 1}}", (Code.NEVER_ACTIVE, "{period")),
        ("{fiscal: {period: week, first_days: 1}}", (Code.BAD_VALUE, "week")),
        ("{from: 20261215}", (Code.BAD_VALUE, "20261215")),
        ("{from: 2026-02-30}", (Code.BAD_VALUE, "2026-02-30")),
        ("{from: 2026-12-15T00}", (Code.BAD_VALUE, "2026-12-15T00")),
    ],
)
def test_days_that_hold_nothing_are_refused(tmp_path: Path, active: str, expected: tuple[Code, str]) -> None:
    rule = f"id: a, level: legal, when: {{}}, active: {active}, keep: true"
    assert refused(tmp_path, f"{rule}\n{WEST}") == [expected]


def test_equal_conditions_on_other_days_or_with_other_actions_are_no_error(tmp_path: Path) -> None:
    loaded(
        tmp_path,
        """id: a, level: geography, when: {country: US}, keep: {at_most_days: 9}
        id: b, level: geography, when: {country: US}, active: {until: 2026-12-31}, assign: {territory: x}
        id: c, level: geography, when: {country: US}, assign: {territory: y}""",
    )


BIG = "id: big, level: geography, when: {employees: {from: 9}}, assign: {territory: big}"


def test_a_rule_names_those_it_is_meant_to_win_over(tmp_path: Path) -> None:
    rules = loaded(tmp_path, f"{BIG}, over: [west]\n{WEST}")
    assert rules.rules[0].over == ("west",)
    assert loaded(tmp_path, f"{BIG}, over: west\n{WEST}").rules[0].over == ("west",)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (f"{BIG}, over: [wst]\n{WEST}", "no rule is called 'wst'; did you mean 'west'?"),
        (f"{WEST}\n{BIG}, over: [west]", "stands before this one, and wins; move this rule before it"),
        (f"{BIG}, over: [big]\n{WEST}", "cannot win over itself"),
        (f"{BIG}, over: [west]\n{WEST.replace('geography', 'segment')}", "is of level 'segment'"),
    ],
)
def test_over_names_a_rule_that_stands_beneath(tmp_path: Path, rules: str, words: str) -> None:
    with pytest.raises(RulesError, match="R054") as caught:
        loaded(tmp_path, rules)
    assert words in str(caught.value)


def exception(**more: str) -> str:
    """One exception in flow style."""
    said = {"account": "A1", "owner": "kim@example.com", "territory": "x", "author": "vp@example.com", "reason": "won it",
            "from": "2026-11-01", "until": "2026-12-31"} | more  # fmt: skip
    return "{" + ", ".join(f"{key}: {value}" for key, value in said.items() if value) + "}"


def excepted(folder: Path, *exceptions: str, head: str = "") -> list[Rule]:
    """The rules that exceptions become."""
    rules = loaded(folder, WEST, f"{head}\nexceptions: [{', '.join(exceptions)}]".strip())
    return [rule for rule in rules.rules if rule.exception is not None]


def test_an_exception_is_a_rule_above_all_levels_for_its_days(tmp_path: Path) -> None:
    rules = loaded(tmp_path, WEST, f"exceptions: [{exception(account='001Ws00001AbCdE')}]")
    first = rules.rules[0]
    assert first.level == "exceptions" and "exceptions" not in rules.levels
    assert (first.id, first.owner, first.territory) == ("exception:001Ws00001AbCdE", "kim@example.com", "x")
    assert str(first.when) == "In(field='id', values=('001Ws00001AbCdEIAV',))"
    assert first.active == Active(date(2026, 11, 1), date(2026, 12, 31))
    assert first.exception is not None and first.exception.author == "vp@example.com"


def test_an_account_may_be_named_by_its_domain_and_kept(tmp_path: Path) -> None:
    kept = exception(account="{website: 'https://www.contoso.com'}", keep="true", owner="", territory="")
    found = excepted(tmp_path, kept, head="roles: [AE, CSM]")
    assert [(rule.id, rule.role, rule.action) for rule in found] == [
        ("exception:https://www.contoso.com", "AE", Action.KEEP),
        ("exception:https://www.contoso.com/CSM", "CSM", Action.KEEP),
    ]
    assert str(found[0].when) == "In(field='website', values=('contoso.com',))"


def test_an_exception_that_names_an_owner_only_leaves_the_territory_to_the_rules(tmp_path: Path) -> None:
    [rule] = excepted(tmp_path, exception(territory=""))
    assert (rule.territory, rule.owner) == ("", "kim@example.com") and rule.borrows_territory


def test_exceptions_of_one_account_may_come_one_after_the_other(tmp_path: Path) -> None:
    later = {"from": "2027-01-01", "until": "2027-01-31"}
    found = excepted(tmp_path, exception(), exception(**later))
    assert [rule.id for rule in found] == ["exception:A1", "exception:A1/2027-01-31"]


def test_two_live_exceptions_on_one_account_are_an_error_that_names_both(tmp_path: Path) -> None:
    text = (
        f"exceptions:\n  - {exception()}\n  - {exception(**{'from': '', 'until': '2026-11-01'})}\n"
        f"  - {exception(**{'from': '', 'until': '2026-10-31'}, account='A2')}"
    )
    with pytest.raises(RulesError) as caught:
        loaded(tmp_path, WEST, text)
    [problem] = caught.value.problems
    assert (problem.code, problem.line) == (Code.EXCEPTION_OVERLAP, 4)
    assert "in rules.yaml:3:5; let one end before the other begins" in str(problem)


def test_the_last_day_of_one_exception_is_not_the_first_of_the_next(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="R052"):
        excepted(tmp_path, exception(), exception(**{"from": "2026-12-31", "until": "2027-01-31"}))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"territory": "", "owner": ""}, Code.EXCEPTION),
        ({"keep": "true"}, Code.EXCEPTION),
        ({"account": "{industry: Banking}"}, Code.EXCEPTION),
        ({"account": "{id: A1, website: contoso.com}"}, Code.EXCEPTION),
        ({"account": "{websit: contoso.com}"}, Code.UNKNOWN_FIELD),
        ({"account": "{website: gmail.com}"}, Code.COUNTS_AS_MISSING),
        ({"from": "2027-01-01"}, Code.NEVER_ACTIVE),
        ({"until": ""}, Code.MISSING_KEY),
        ({"author": ""}, Code.MISSING_KEY),
        ({"reason": ""}, Code.MISSING_KEY),
        ({"role": "CSM"}, Code.UNKNOWN_ROLE),
    ],
)
def test_an_exception_says_who_what_why_and_until_when(
    tmp_path: Path, wrong: dict[str, str], code: Code
) -> None:
    with pytest.raises(RulesError) as caught:
        excepted(tmp_path, exception(**wrong))
    assert [problem.code for problem in caught.value.problems] == [code]


def test_no_document_declares_the_level_of_exceptions(tmp_path: Path) -> None:
    assert refused(tmp_path, WEST, "levels: [exceptions, geography]") == [(Code.BAD_VALUE, "[exceptions")]
