"""Rules out of their sections, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rules.language.codes import Code
from rules.language.condition import ALWAYS, All, Any, Condition, In, Not
from rules.language.conditions.leaves import Leaves
from rules.language.conditions.spellings import condition_of
from rules.language.parts.actions import action_of, active_of, role_of
from rules.language.parts.targets import Tables
from rules.language.reading.finding import place, source_of
from rules.language.reading.problems import did_you_mean
from rules.language.reading.yaml import MapNode, Node
from rules.language.ruleset import Action, Rule
from rules.language.sections.document import Header
from rules.language.sections.rules import RuleSection
from rules.language.values.normalise import quoted

EVERY_ROLE = ""
"""The role of a rule until it is known which roles there are."""


@dataclass(frozen=True, slots=True)
class Written:
    """Rules by the id that the document gives them: several where one stands for every role or for a table."""

    id: str
    node: MapNode
    section: RuleSection
    rules: tuple[Rule, ...]


def rules(
    sections: Iterable[tuple[MapNode, RuleSection | None]],
    header: Header,
    tables: Tables,
    leaves: Leaves,
) -> tuple[list[Rule], list[str]]:
    """The rules in the order in which they are tried, and the roles in order of first use."""
    checked = _Rules(header, tables, leaves)
    for node, section in sections:
        _check_territory(node, leaves)
        if section is None:
            _condition(node, leaves, "this rule")  # its other errors are reported; these would be hidden
        else:
            checked.add(node, section)
    roles = list(header.role_names or checked.roles.values()) or ["AE"]
    written = [_for_roles(found, roles, leaves) for found in checked.written]
    placed = [rule for found in with_precedence(written, leaves) for rule in found.rules]
    return sorted(placed, key=lambda rule: header.levels.index(rule.level)), roles


class _Rules:
    """Collects rules, and reports what is wrong with each and between them."""

    def __init__(self, header: Header, tables: Tables, leaves: Leaves) -> None:
        self._header, self._tables, self._leaves = header, tables, leaves
        self.written: list[Written] = []
        self.roles: dict[str, str] = {role.casefold(): role for role in header.role_names or ()}
        self._ids: dict[str, Node] = {}
        self._meanings: dict[tuple[object, ...], Rule] = {}

    def add(self, node: MapNode, section: RuleSection) -> None:
        """Checks one rule and keeps it; one of an unknown level or action is checked only."""
        self._check_id(node, section)
        action = action_of(node, section, self._leaves)
        self._check_assignment(node, section)
        self._check_role(node, section)
        when = _condition(node, self._leaves, f"rule {section.id!r}")
        if section.level not in self._header.levels:
            advice = did_you_mean(section.level, self._header.levels)
            at = place(node, "level")
            self._leaves.report(at, Code.UNKNOWN_LEVEL, f"unknown level {quoted(section.level)}", advice)
        elif action is not None:
            rule = self._rule(node, section, when, action)
            table = section.table if action is Action.ASSIGN else None
            made = (rule,) if table is None else self._tables.expanded(node, table, rule)
            for one in made:
                self._check_meaning(node, one)
            self.written.append(Written(section.id, node, section, made))

    def _rule(self, node: MapNode, section: RuleSection, when: Condition, action: Action) -> Rule:
        assign = section.assign
        return Rule(
            id=section.id,
            level=section.level,
            when=when,
            territory=(assign.territory or "") if assign else "",
            role=role_of(section) or EVERY_ROLE,
            owner=assign.owner if assign else None,
            pod=assign.pod if assign else None,
            if_unknown=section.if_unknown,
            mode=section.mode or self._header.mode,
            description=section.description,
            source=source_of(node),
            action=action,
            active=active_of(node, section.active, self._leaves),
            hold_days=section.keep.at_most_days if section.keep else None,
        )

    def _check_id(self, node: MapNode, section: RuleSection) -> None:
        first = self._ids.setdefault(section.id, node)
        if first is not node:
            message = f"rule id {quoted(section.id)} is taken by the rule in {_seen_from(node, first)}"
            self._leaves.report(place(node, "id"), Code.DUPLICATE_RULE, message, "ids are unique")

    def _check_assignment(self, node: MapNode, section: RuleSection) -> None:
        assign = section.assign
        if assign is None:
            return
        if assign.owner is not None and assign.pod is not None:
            message = f"rule {quoted(section.id)} assigns to an owner and to a pod"
            at = place(node, "assign", "pod")
            self._leaves.report(at, Code.OWNER_AND_POD, message, "keep one of them")
        if assign.pod is not None and assign.pod not in self._tables.pods:
            advice = did_you_mean(assign.pod, self._tables.pods) or "declare it under 'pods:'"
            at = place(node, "assign", "pod")
            self._leaves.report(at, Code.UNKNOWN_POD, f"unknown pod {quoted(assign.pod)}", advice)

    def _check_role(self, node: MapNode, section: RuleSection) -> None:
        role = role_of(section)
        if role is None or section.assign is None:
            return
        at, declared = place(node, "assign", "role"), self._header.role_names
        if declared is not None and role not in declared:
            advice = did_you_mean(role, declared)
            self._leaves.report(at, Code.UNKNOWN_ROLE, f"unknown role {quoted(role)}", advice)
        elif self.roles.setdefault(role.casefold(), role) != role:
            message = f"role {quoted(role)} is written {quoted(self.roles[role.casefold()])} elsewhere"
            self._leaves.report(at, Code.UNKNOWN_ROLE, message, "use one spelling")

    def _check_meaning(self, node: MapNode, rule: Rule) -> None:
        """Reports a rule that an equal condition before it at its level leaves nothing to match."""
        meaning = (rule.level, rule.role, rule.action, rule.active, _canonical(rule.when))
        first = self._meanings.setdefault(meaning, rule)
        if first is not rule and first.hold_days is None and not self._leaves.problems:
            message = f"rule {quoted(rule.id)} has the same condition as {quoted(first.id)} and never matches"
            self._leaves.report(node, Code.IDENTICAL_RULES, message, "remove one, or change a condition")


def _condition(node: MapNode, leaves: Leaves, what: str) -> Condition:
    """The condition; a table needs none beside its list."""
    if "table" in node.values and not {"when", "where"} & set(node.values):
        return ALWAYS
    return condition_of(node, leaves, what)


def _check_territory(node: MapNode, leaves: Leaves) -> None:
    assign = node.get("assign")
    if isinstance(assign, MapNode) and "territory" not in assign.values and "table" not in node.values:
        leaves.report(assign, Code.MISSING_KEY, "'territory' is missing here")


def _seen_from(node: Node, other: Node) -> str:
    """The place of another node in words: its line, and its file where that is another one."""
    return f"line {other.line}" + (
        f" of {other.origin.name}" if other.origin.name != node.origin.name else ""
    )


def _for_roles(found: Written, roles: Sequence[str], leaves: Leaves) -> Written:
    """Rules for every role as one of each; the first role's keeps the id, so that a further role changes none."""
    known = []
    for rule in found.rules:
        if rule.role == EVERY_ROLE:
            known += [
                replace(rule, role=role, id=rule.id if not number else f"{rule.id}/{role}")
                for number, role in enumerate(roles)
            ]
            continue
        if rule.role not in roles and rule.action is not Action.ASSIGN:
            at = place(found.node, rule.action.value, "role")
            advice = did_you_mean(rule.role, roles)
            leaves.report(at, Code.UNKNOWN_ROLE, f"no rule assigns the role {quoted(rule.role)}", advice)
        known.append(rule)
    return replace(found, rules=tuple(known))


def with_precedence(written: Sequence[Written], leaves: Leaves) -> list[Written]:
    """The rules with `over` as final ids; each must name a rule of its level that stands after it."""
    ids = {found.id: number for number, found in reversed(list(enumerate(written)))}
    made = []
    for number, found in enumerate(written):
        over: list[str] = []
        for index, name in enumerate(found.section.over):
            at = place(found.node, "over", index)
            beneath = ids.get(name)
            if beneath is None:
                leaves.report(at, Code.OVER, f"no rule is called {quoted(name)}", did_you_mean(name, ids))
            elif problem := _wrong_order(found, written[beneath], beneath - number):
                leaves.report(at, Code.OVER, *problem)
            else:
                over += [rule.id for rule in written[beneath].rules]
        made.append(replace(found, rules=tuple(replace(rule, over=tuple(over)) for rule in found.rules)))
    return made


def _wrong_order(found: Written, other: Written, after: int) -> tuple[str, str] | None:
    """What speaks against the first rule winning over the other, with advice; `after` is negative before it."""
    if other.section.level != found.section.level:
        message = f"rule {quoted(other.id)} is of level {quoted(other.section.level)}"
        return message, "'over' is for rules of one level; the order of levels says the rest"
    if after == 0:
        return f"rule {quoted(found.id)} cannot win over itself", "name another rule"
    if after < 0:
        return f"rule {quoted(other.id)} stands before this one, and wins", "move this rule before it"
    return None


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
