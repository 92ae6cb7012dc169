"""Exceptions out of their sections: rules of the level above all others, each for one account and some days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rules.language.active import Active
from rules.language.codes import Code
from rules.language.condition import Condition, FieldKind, In
from rules.language.conditions.leaves import Leaves
from rules.language.reading.finding import place, source_of
from rules.language.reading.problems import did_you_mean
from rules.language.reading.yaml import MapNode, Scalar
from rules.language.ruleset import EXCEPTIONS, Action, ExceptionNote, IfUnknown, Mode, Rule
from rules.language.sections.rules import ExceptionSection
from rules.language.values.normalise import quoted

KEYS = (FieldKind.ID, FieldKind.DOMAIN)
"""Kinds of the fields that an account may be named by."""
SINCE_EVER = date.min


def exceptions(
    sections: Iterable[tuple[MapNode, ExceptionSection | None]], roles: Sequence[str], leaves: Leaves
) -> list[Rule]:
    """One rule for each exception and role that it speaks of, as written; ids are `exception:ACCOUNT`."""
    collected = _Exceptions(roles, leaves)
    for node, section in sections:
        if section is not None:
            collected.add(node, section)
    return collected.rules


@dataclass(slots=True)
class _Exceptions:
    roles: Sequence[str]
    leaves: Leaves
    rules: list[Rule] = field(default_factory=list)
    by_account: dict[tuple[Condition, str], list[tuple[MapNode, Rule]]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def add(self, node: MapNode, section: ExceptionSection) -> None:
        _check_target(node, section, self.leaves)
        when = _account(node, section, self.leaves)
        self._check_role(node, section)
        if section.since and section.until < section.since:
            message = f"until {section.until} is before from {section.since}: the exception never counts"
            self.leaves.report(place(node, "until"), Code.NEVER_ACTIVE, message)
        if when is None:
            return
        spoken = (section.role,) if section.role else self.roles if section.keep else self.roles[:1]
        for role in spoken:
            rule = _rule(node, section, when, role)
            self._check_overlap(node, rule)
            self.rules.append(replace(rule, id=self._free(rule, role == self.roles[0])))

    def _check_role(self, node: MapNode, section: ExceptionSection) -> None:
        if section.role is not None and section.role not in self.roles:
            advice = did_you_mean(section.role, self.roles)
            message = f"unknown role {quoted(section.role)}"
            self.leaves.report(place(node, "role"), Code.UNKNOWN_ROLE, message, advice)

    def _check_overlap(self, node: MapNode, rule: Rule) -> None:
        """Reports another exception for the account and role that counts on one of the days."""
        others = self.by_account.setdefault((rule.when, rule.role), [])
        for other_node, other in others:
            if _share_days(rule.active, other.active):
                there = source_of(other_node)
                message = f"{rule.id} has another exception on some of these days, in {there}"
                advice = "let one end before the other begins"
                self.leaves.report(node, Code.EXCEPTION_OVERLAP, message, advice)
        others.append((node, rule))

    def _free(self, rule: Rule, is_first_role: bool) -> str:
        """An id of its own: with the role where that is not the first one, with the days where those differ."""
        base = rule.id if is_first_role else f"{rule.id}/{rule.role}"
        free = base if base not in self.ids else f"{base}/{rule.active.until}"
        while free in self.ids:
            free += "'"  # only after an error: two for the same days are reported
        self.ids.add(free)
        return free


def _rule(node: MapNode, section: ExceptionSection, when: In, role: str) -> Rule:
    return Rule(
        id=f"exception:{_named(section)}",
        level=EXCEPTIONS,
        when=when,
        territory="" if section.keep else section.territory or "",
        role=role,
        owner=None if section.keep else section.owner,
        pod=None,
        if_unknown=IfUnknown.SKIP,
        mode=Mode.REPLACE,
        description=section.reason,
        source=source_of(node),
        action=Action.KEEP if section.keep else Action.ASSIGN,
        active=Active(section.since, section.until),
        exception=ExceptionNote(section.author, section.reason),
    )


def _named(section: ExceptionSection) -> str:
    account: str | Mapping[str, str] = section.account
    return account if isinstance(account, str) else ",".join(account.values())


def _check_target(node: MapNode, section: ExceptionSection, leaves: Leaves) -> None:
    if section.keep and (section.owner or section.territory):
        message = "the exception keeps the present owner, and gives a new one"
        leaves.report(node, Code.EXCEPTION, message, "keep one of 'keep' and 'owner'")
    elif not (section.keep or section.territory or section.owner):
        message = "the exception does not say what becomes of the account"
        leaves.report(
            node,
            Code.EXCEPTION,
            message,
            "write 'keep: true', or an 'owner'; without a 'territory' it is that of the rules",
        )


def _account(node: MapNode, section: ExceptionSection, leaves: Leaves) -> In | None:
    """The condition that is true of the one account; None, and a problem, where it names none."""
    at = place(node, "account")
    if isinstance(at, Scalar):
        return _only(leaves.one_of(replace(at, text="id", quoted=True), [at], {}, at))
    [(key, value), *rest] = [(k, v) for k, v in at.entries()] if isinstance(at, MapNode) else [(None, at)]
    if key is None or rest or not isinstance(value, Scalar):
        message = "an account is named by its id, or by one field with its value"
        leaves.report(at, Code.EXCEPTION, message, "write '{website: contoso.com}'")
        return None
    kind = leaves.kind(key)
    if kind is not None and kind not in KEYS:
        message = f"{key.text} is a {kind.value.replace('_', ' ')}, which many accounts may share"
        leaves.report(key, Code.EXCEPTION, message, "name the account by an id or a website")
        return None
    return _only(leaves.one_of(key, [value], {}, value)) if kind is not None else None


def _only(condition: Condition) -> In | None:
    return condition if isinstance(condition, In) else None


def _share_days(one: Active, other: Active) -> bool:
    assert one.until is not None and other.until is not None
    return (one.since or SINCE_EVER) <= other.until and (other.since or SINCE_EVER) <= one.until
