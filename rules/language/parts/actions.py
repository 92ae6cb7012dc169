"""What becomes of the accounts that a rule takes, out of its section: assign, keep or follow; and on which days."""

from __future__ import annotations

from rules.language.active import Active, FiscalWindow
from rules.language.codes import Code
from rules.language.conditions.leaves import Leaves
from rules.language.reading.finding import place
from rules.language.reading.yaml import MapNode
from rules.language.ruleset import Action
from rules.language.sections.rules import ActiveSection, RuleSection
from rules.language.values.normalise import quoted

ACTIONS = ("assign", "keep", "follow")


def action_of(node: MapNode, section: RuleSection, leaves: Leaves) -> Action | None:
    """The action of a rule; None, and a problem, where it has none or several."""
    given = [name for name in ACTIONS if getattr(section, name) is not None]
    if len(given) == 1:
        _check_table(node, section, leaves)
        return Action(given[0])
    if given:
        message = f"rule {quoted(section.id)} has {' and '.join(map(repr, given))}"
        leaves.report(node.keys[given[1]], Code.ACTION, message, "keep one of them")
    else:
        message = f"rule {quoted(section.id)} does not say what becomes of its accounts"
        leaves.report(node, Code.ACTION, message, "write 'assign: {territory: ...}', or 'keep: true'")
    return None


def _check_table(node: MapNode, section: RuleSection, leaves: Leaves) -> None:
    if section.table is not None and section.assign is None:
        message = f"rule {quoted(section.id)}: a table is for rules that assign"
        leaves.report(node.keys["table"], Code.ACTION, message, "use 'in_list' in the condition")


def active_of(node: MapNode, section: ActiveSection, leaves: Leaves) -> Active:
    """The days on which a rule counts; days that hold nothing are reported."""
    at = place(node, "active")
    if section.since and section.until and section.until < section.since:
        message = f"until {section.until} is before from {section.since}: the rule never counts"
        leaves.report(place(at, "until"), Code.NEVER_ACTIVE, message)
    fiscal = section.fiscal
    if fiscal is None:
        return Active(section.since, section.until)
    if (fiscal.first_days is None) == (fiscal.last_days is None):
        message = f"'fiscal' wants either the first or the last days of every {fiscal.period.value}"
        leaves.report(place(at, "fiscal"), Code.NEVER_ACTIVE, message, "write 'last_days: 10'")
    window = FiscalWindow(fiscal.period, fiscal.first_days, fiscal.last_days)
    return Active(section.since, section.until, window)


def role_of(section: RuleSection) -> str | None:
    """The role that a rule speaks of; None is every role (rules that keep or follow)."""
    if section.assign is not None:
        return section.assign.role or "AE"
    spoken = section.keep or section.follow
    return spoken.role if spoken is not None else None
