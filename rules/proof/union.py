"""Two rule sets as one, so that one account can be asked what it is in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rules.language.condition import All, Any, Condition, InList, Not
from rules.language.derived import Banded, Computed, Derived, OfFamily, OfOpportunities
from rules.language.expression import Arithmetic, Branch, Call, Case, Column, Expression
from rules.language.ruleset import Rule, RuleSet

BEFORE = " (before)"
"""Behind the names of lists and derived fields that meant something else before."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """New names of lists and of fields."""

    lists: Mapping[str, str]
    fields: Mapping[str, str]

    def condition(self, condition: Condition) -> Condition:
        """The condition with the new names."""
        match condition:
            case All(parts):
                return All(tuple(map(self.condition, parts)))
            case Any(parts):
                return Any(tuple(map(self.condition, parts)))
            case Not(part):
                return Not(self.condition(part))
            case InList(field, name):
                return InList(self.field(field), self.lists.get(name, name))
            case test:
                return replace(test, field=self.field(test.field))

    def field(self, name: str) -> str:
        """The field's new name."""
        return self.fields.get(name, name)

    def derived(self, found: Derived) -> Derived:
        """The derived field with the new names, its own among them."""
        match found:
            case Banded():
                by = tuple(replace(bands, field=self.field(bands.field)) for bands in found.by)
                return replace(found, name=self.field(found.name), by=by)
            case Computed():
                return replace(
                    found, name=self.field(found.name), expression=self._expression(found.expression)
                )
            case OfOpportunities():
                return replace(found, name=self.field(found.name), where=self.condition(found.where))
            case OfFamily():
                field = None if found.field is None else self.field(found.field)
                return replace(found, name=self.field(found.name), field=field)

    def _expression(self, expression: Expression) -> Expression:
        match expression:
            case Column(field):
                return Column(self.field(field))
            case Arithmetic(operator, left, right):
                return Arithmetic(operator, self._expression(left), self._expression(right))
            case Call(function, parts):
                return Call(function, tuple(map(self._expression, parts)))
            case Case(branches, otherwise):
                made = tuple(Branch(self.condition(b.when), self._expression(b.then)) for b in branches)
                return Case(made, None if otherwise is None else self._expression(otherwise))
            case _:
                return expression


@dataclass(frozen=True, slots=True)
class Union:
    """Both rule sets: `rules` has the lists and fields of both, and of each its rules in order."""

    rules: RuleSet
    before: tuple[Rule, ...]
    after: tuple[Rule, ...]
    settings: tuple[str, ...]
    """Settings that say how values are read and that differ: proofs read values as the later ones say."""


SETTINGS = {
    "missing_values": "missing_values",
    "missing_numbers": "missing_numbers",
    "synonyms": "synonyms",
    "money": "money",
    "timezone": "as_of: timezone",
    "family": "family",
    "domains": "domains",
    "holders": "roles: holder",
}


def united(before: RuleSet, after: RuleSet) -> Union:
    """Lists and derived fields that are the same in both stay one; names of ids, files and places do not count."""
    lists = {
        name: f"{name}{BEFORE}"
        for name, found in before.lists.items()
        if name in after.lists and after.lists[name].values != found.values
    }
    renaming, derived = _derived(before, after, lists)
    kinds = {renaming.field(name): kind for name, kind in before.fields.items()}
    known = {lists.get(name, name): found for name, found in before.lists.items()}
    rules = replace(
        after,
        lists={**known, **after.lists},
        # Those of before may use later ones that mean the same in both, never the other way round.
        derived={**after.derived, **derived},
        fields={**kinds, **after.fields},
        levels=tuple(dict.fromkeys((*after.levels, *before.levels))),
        roles=tuple(dict.fromkeys((*after.roles, *before.roles))),
    )
    old = tuple(replace(rule, when=renaming.condition(rule.when)) for rule in before.rules)
    differ = tuple(words for name, words in SETTINGS.items() if getattr(before, name) != getattr(after, name))
    kinds_differ = tuple(
        f"the kind of {name}"
        for name, kind in before.fields.items()
        if after.fields.get(name, kind) is not kind
    )
    return Union(rules, old, after.rules, differ + kinds_differ)


def _derived(
    before: RuleSet, after: RuleSet, lists: Mapping[str, str]
) -> tuple[Renaming, dict[str, Derived]]:
    """Derived fields of before under names of their own where they mean something else now."""
    fields: dict[str, str] = {}
    derived: dict[str, Derived] = {}
    for name, found in before.derived.items():
        same = Renaming(lists, fields).derived(found)
        now = after.derived.get(name)
        if now is None or _meaning(now) != _meaning(same):
            if now is not None:
                fields[name] = f"{name}{BEFORE}"
            derived[fields.get(name, name)] = Renaming(lists, fields).derived(found)
    return Renaming(lists, fields), derived


def _meaning(derived: Derived) -> Derived:
    return replace(derived, source=None)  # type: ignore[arg-type]
