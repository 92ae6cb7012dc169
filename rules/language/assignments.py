"""Pods and rules out of their sections, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.language.codes import Code
from rules.language.condition import All, Any, Condition, In, Not
from rules.language.leaves import Leaves
from rules.language.normalise import quoted
from rules.language.people import Member, Pod
from rules.language.place import Source
from rules.language.problems import Problem, did_you_mean
from rules.language.ruleset import Rule
from rules.language.schema import Header, PodSection, RuleSection
from rules.language.spellings import condition_of
from rules.language.workloads import place
from rules.language.yaml import MapNode, Node, Scalar


def pods(
    sections: Iterable[tuple[Scalar, MapNode, PodSection | None]], problems: list[Problem]
) -> dict[str, Pod]:
    """The pods by name; a wrong one is there without members, so that its uses are not reported as well."""
    found = {}
    for key, node, section in sections:
        members = _members(key, node, section, problems) if section is not None else ()
        by = section.by if section is not None else PodSection.model_fields["by"].default
        found[key.text] = Pod(key.text, members, by, _source(node))
    return found


def _members(key: Scalar, node: MapNode, section: PodSection, problems: list[Problem]) -> tuple[Member, ...]:
    first: dict[str, Member] = {}
    for index, entry in enumerate(section.members):
        member = Member(entry.email, entry.capacity)
        if first.setdefault(member.email.casefold(), member) is not member:
            message = f"pod {quoted(key.text)} has the member {quoted(member.email)} twice"
            at = place(node, "members", index)
            problems.append(
                at.problem(Code.DUPLICATE_MEMBER, message, "give one entry the 'capacity' of both")
            )
    return tuple(first.values())


def rules(
    sections: Iterable[tuple[MapNode, RuleSection | None]],
    header: Header,
    pods: Mapping[str, Pod],
    leaves: Leaves,
) -> tuple[list[Rule], list[str]]:
    """The rules in the order in which they are tried, and the roles in order of first use."""
    checked = _Rules(header, pods, leaves)
    for node, section in sections:
        if section is None:
            condition_of(node, leaves, "this rule")  # its other errors are reported; these would be hidden
        else:
            checked.add(node, section)
    ordered = sorted(checked.rules, key=lambda rule: header.levels.index(rule.level))
    return ordered, list(header.roles or checked.roles.values())


class _Rules:
    """Collects rules, and reports what is wrong with each and between them."""

    def __init__(self, header: Header, pods: Mapping[str, Pod], leaves: Leaves) -> None:
        self._header, self._pods, self._leaves = header, pods, leaves
        self.rules: list[Rule] = []
        self.roles: dict[str, str] = {role.casefold(): role for role in header.roles or ()}
        self._ids: dict[str, Node] = {}
        self._meanings: dict[tuple[str, str, Condition], Rule] = {}

    def add(self, node: MapNode, section: RuleSection) -> None:
        """Checks one rule and keeps it; one of an unknown level is checked only."""
        self._check_id(node, section)
        self._check_assignment(node, section)
        self._check_role(node, section)
        when = condition_of(node, self._leaves, f"rule {section.id!r}")
        if section.level not in self._header.levels:
            advice = did_you_mean(section.level, self._header.levels)
            at = place(node, "level")
            self._leaves.report(at, Code.UNKNOWN_LEVEL, f"unknown level {quoted(section.level)}", advice)
            return
        rule = self._rule(node, section, when)
        self._check_meaning(node, rule)
        self.rules.append(rule)

    def _rule(self, node: MapNode, section: RuleSection, when: Condition) -> Rule:
        assign = section.assign
        return Rule(
            id=section.id,
            level=section.level,
            when=when,
            territory=assign.territory,
            role=assign.role,
            owner=assign.owner,
            pod=assign.pod,
            if_unknown=section.if_unknown,
            mode=section.mode or self._header.mode,
            description=section.description,
            source=_source(node),
        )

    def _check_id(self, node: MapNode, section: RuleSection) -> None:
        first = self._ids.setdefault(section.id, node)
        if first is not node:
            message = f"rule id {quoted(section.id)} is taken by the rule in line {first.line}"
            self._leaves.report(place(node, "id"), Code.DUPLICATE_RULE, message, "ids are unique")

    def _check_assignment(self, node: MapNode, section: RuleSection) -> None:
        assign = section.assign
        if assign.owner is not None and assign.pod is not None:
            message = f"rule {quoted(section.id)} assigns to an owner and to a pod"
            at = place(node, "assign", "pod")
            self._leaves.report(at, Code.OWNER_AND_POD, message, "keep one of them")
        if assign.pod is not None and assign.pod not in self._pods:
            advice = did_you_mean(assign.pod, self._pods) or "declare it under 'pods:'"
            at = place(node, "assign", "pod")
            self._leaves.report(at, Code.UNKNOWN_POD, f"unknown pod {quoted(assign.pod)}", advice)

    def _check_role(self, node: MapNode, section: RuleSection) -> None:
        role, at = section.assign.role, place(node, "assign", "role")
        if self._header.roles is not None and role not in self._header.roles:
            advice = did_you_mean(role, self._header.roles)
            self._leaves.report(at, Code.UNKNOWN_ROLE, f"unknown role {quoted(role)}", advice)
        elif self.roles.setdefault(role.casefold(), role) != role:
            message = f"role {quoted(role)} is written {quoted(self.roles[role.casefold()])} elsewhere"
            self._leaves.report(at, Code.UNKNOWN_ROLE, message, "use one spelling")

    def _check_meaning(self, node: MapNode, rule: Rule) -> None:
        """Reports a rule that an equal condition before it at its level leaves nothing to match."""
        meaning = (rule.level, rule.role, _canonical(rule.when))
        first = self._meanings.setdefault(meaning, rule)
        if first is not rule and not self._leaves.problems:
            message = f"rule {quoted(rule.id)} has the same condition as {quoted(first.id)} and never matches"
            self._leaves.report(node, Code.IDENTICAL_RULES, message, "remove one, or change a condition")


def _canonical(condition: Condition) -> Condition:
    """The condition with the order of parts and values taken out of it."""
    match condition:
        case All(parts):
            return All(tuple(sorted({_canonical(part) for part in parts}, key=repr)))
        case Any(parts):
            return Any(tuple(sorted({_canonical(part) for part in parts}, key=repr)))
        case Not(part):
            return Not(_canonical(part))
        case In(field, values):
            return In(field, tuple(sorted(values, key=repr)))
        case _:
            return condition


def _source(node: Node) -> Source:
    return Source(node.origin.name, node.line, node.column)
