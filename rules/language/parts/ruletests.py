"""Rule tests out of their sections: accounts as an admin writes them, and what must become of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rules.language.codes import Code
from rules.language.conditions.leaves import Leaves
from rules.language.people import Pod
from rules.language.reading.finding import place, source_of
from rules.language.reading.problems import did_you_mean
from rules.language.reading.yaml import MapNode
from rules.language.ruleset import Expected, Rule, RuleTest
from rules.language.sections.tests import TestSection
from rules.language.values.normalise import quoted


def rule_tests(
    sections: Iterable[tuple[MapNode, TestSection | None]],
    rules: Sequence[Rule],
    pods: Mapping[str, Pod],
    roles: Sequence[str],
    leaves: Leaves,
) -> tuple[RuleTest, ...]:
    """The tests; a name that no rule, territory, pod or role has is reported, as no account could meet it."""
    known = {
        "rule": {rule.id for rule in rules},
        "territory": {rule.territory for rule in rules},
        "pod": set(pods),
        "role": set(roles),
    }
    tests = []
    for node, section in sections:
        given = node.get("given")
        for key in given.keys.values() if isinstance(given, MapNode) else ():
            leaves.kind(key)
        if section is not None:
            _check_account(node, section, leaves)
            _check_names(node, section, known, leaves)
            tests.append(_test(node, section, roles))
    return tuple(tests)


def _check_account(node: MapNode, section: TestSection, leaves: Leaves) -> None:
    if (section.given is None) == (section.account is None):
        message = f"test {quoted(section.name)} needs either 'given' or 'account'"
        leaves.report(node, Code.BAD_TEST, message, "write 'given: {country: US}'")


def _check_names(node: MapNode, section: TestSection, known: Mapping[str, set[str]], leaves: Leaves) -> None:
    if not section.expect.model_fields_set - {"role"}:
        message = f"test {quoted(section.name)} expects nothing"
        leaves.report(
            place(node, "expect"), Code.BAD_TEST, message, "name a rule, territory, owner or decision"
        )
    for what, names in known.items():
        name = getattr(section.expect, what)
        if name is not None and name not in names:
            at = place(node, "expect", what)
            leaves.report(
                at, Code.BAD_TEST, f"no {what} is called {quoted(name)}", did_you_mean(name, sorted(names))
            )


def _test(node: MapNode, section: TestSection, roles: Sequence[str]) -> RuleTest:
    expect = section.expect
    wanted = {name: getattr(expect, name) for name in sorted(expect.model_fields_set - {"role"})}
    role = expect.role or (roles[0] if roles else "AE")
    given = dict(section.given or {})
    return RuleTest(section.name, given, Expected(role, wanted), source_of(node), section.account)
