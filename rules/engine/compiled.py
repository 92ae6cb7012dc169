"""A rule set made ready for accounts: everything that is known before one of them is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.engine.classes import FieldClasses, classes_of
from rules.engine.masks import RoleMasks, masks_of
from rules.engine.outcomes import Catalogue
from rules.engine.owners import Owners
from rules.engine.turns import Turns, turns_of
from rules.language.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Compiled:
    """Classes, masks and turns of a rule set; `roles`, `holders`, `masks` and `turns` go by the role's position."""

    rules: RuleSet
    roles: tuple[str, ...]
    """By name, the order in which an account's rows are written."""
    holders: tuple[str | None, ...]
    """The accounts' column with the present owner of each role, None where there is none."""
    owners: Owners
    classes: Mapping[str, FieldClasses]
    masks: tuple[RoleMasks, ...]
    turns: tuple[Turns, ...]
    catalogue: Catalogue

    @property
    def expressions(self) -> tuple[str, ...]:
        """Ids of the rules that masks cannot hold."""
        found = [
            self.rules.rules[expression.rule].id for role in self.masks for expression in role.expressions
        ]
        return tuple(dict.fromkeys(found))


def compiled(rules: RuleSet, owners: Owners, holders: Mapping[str, str], cap: int) -> Compiled:
    """Raises AssignError where rules use a field, list or pod that there is not."""
    roles = tuple(sorted(rules.roles))
    catalogue = Catalogue()
    classes = classes_of((rule.when for rule in rules.rules), rules.fields, rules.lists)
    masks = tuple(masks_of(role, rules.rules, classes, cap) for role in roles)
    turns = tuple(turns_of(found, rules, owners, catalogue) for found in masks)
    present = tuple(holders.get(role) for role in roles)
    return Compiled(rules, roles, present, owners, classes, masks, turns, catalogue)
