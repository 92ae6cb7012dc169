"""A rule set as one formula: an assignment of its variables is an account, and says which rules take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rules.language.condition import All, Any, Condition, IsMissing, Not
from rules.language.ruleset import Action, IfUnknown, Rule, RuleSet
from rules.proof.cells import FieldCells
from rules.proof.circuit import Circuit, Literal
from rules.proof.computed import calculated
from rules.proof.fields import cells_of
from rules.proof.links import link
from rules.proof.variables import FieldVariables, variables_of

Truths = tuple[Literal, Literal]
"""That a condition is true, and that it is true or unknown."""


class Encoding:
    """The formula of rules as they are on one day (`rules.language.today.on_day`).

    `doubt` holds where the account rests on something that could not be worked out, and `remembered` where a
    band is another one than a first look would give.
    """

    def __init__(self, rules: RuleSet, conditions: Sequence[Condition] | None = None) -> None:
        """Raises AssignError where a condition uses a field or list that is not declared."""
        self.rules, self.circuit = rules, Circuit()
        self.doubt, self.remembered = self.circuit.new(), self.circuit.new()
        wanted = [taking(rule, rules) for rule in rules.rules] if conditions is None else conditions
        self.fields: Mapping[str, FieldCells] = cells_of(rules, wanted)
        self.variables: dict[str, FieldVariables] = {
            field: variables_of(self.circuit, found, self.doubt) for field, found in self.fields.items()
        }
        self.calculated = calculated(rules, self.fields)
        self._truths: dict[int, tuple[Condition, Truths]] = {}
        self._tests: dict[Condition, Truths] = {}
        link(self)
        self.takes = [self.taken(rule) for rule in rules.rules]

    def taken(self, rule: Rule) -> Literal:
        """The rule takes the account when its turn comes, or stops it for a person to look at."""
        true, possible = self.truths(taking(rule, self.rules))
        return true if rule.if_unknown is IfUnknown.SKIP else possible

    def truths(self, condition: Condition) -> Truths:
        """Literals of a condition whose tests were given to the encoding."""
        known = self._truths.get(id(condition))
        if known is None:
            known = self._truths[id(condition)] = (condition, self._read(condition))
        return known[1]

    def _read(self, condition: Condition) -> Truths:
        match condition:
            case All(parts):
                return self._all(self.truths(part) for part in parts)
            case Any(parts):
                true, possible = self._all(_opposite(self.truths(part)) for part in parts)
                return -possible, -true
            case Not(part):
                return _opposite(self.truths(part))
            case _:
                if condition not in self._tests:
                    self._tests[condition] = self._test(condition)
                return self._tests[condition]

    def _all(self, parts: Iterable[Truths]) -> Truths:
        found = list(parts)
        both = self.circuit.both
        return both(true for true, _ in found), both(possible for _, possible in found)

    def _test(self, test: Condition) -> Truths:
        assert not isinstance(test, All | Any | Not)
        field = self.variables[test.field]
        true = field.passes(test)
        if isinstance(test, IsMissing):
            return true, true
        return true, self.circuit.either((true, field.missing))


def _opposite(truths: Truths) -> Truths:
    true, possible = truths
    return -possible, -true


def taking(rule: Rule, rules: RuleSet) -> Condition:
    """The rule's condition; one that follows takes only accounts with a parent."""
    if rule.action is not Action.FOLLOW:
        return rule.when
    return All((rule.when, Not(IsMissing(rules.family.parent_field))))


def hides(earlier: Rule, rule: Rule) -> bool:
    """Whether the later rule's turn does not come where the earlier one takes the account.

    A hold lets territories beneath shine through, so that it hides holds only, and one of so many days none.
    """
    if earlier.action is not Action.KEEP:
        return True
    return rule.action is Action.KEEP and earlier.hold_days is None
