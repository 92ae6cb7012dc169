"""A rule set made ready for accounts: everything that is known before one of them is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.engine.derived.asked import plain_rules
from rules.engine.derived.needed import Needed, needed_for
from rules.engine.gates import asking, gated, timed
from rules.engine.masking.classes import FieldClasses, classes_of
from rules.engine.masking.masks import RoleMasks, masks_of
from rules.engine.outcomes import Catalogue
from rules.engine.pods.owners import Owners
from rules.engine.pods.shares import team_of
from rules.engine.turns import Turns, turns_of
from rules.language.ruleset import Action, Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Compiled:
    """Classes, masks and turns of a rule set; `roles`, `holders`, `masks` and `turns` go by the role's position."""

    rules: RuleSet
    """Of the day."""
    asked: RuleSet
    """The same with what rules ask beside their conditions; its rules stand at the same positions."""
    as_of: date
    roles: tuple[str, ...]
    """By name, the order in which an account's rows are written."""
    holders: tuple[str | None, ...]
    """The accounts' column with the present owner of each role, None where there is none."""
    owners: Owners
    classes: Mapping[str, FieldClasses]
    masks: tuple[RoleMasks, ...]
    timed: tuple[Rule, ...]
    """Holds that end by themselves."""
    askers: tuple[RoleMasks, ...]
    """For each of them, whether its condition is true."""
    turns: tuple[Turns, ...]
    catalogue: Catalogue
    needed: Needed
    """What has to be worked out before classes are taken."""

    @property
    def expressions(self) -> tuple[str, ...]:
        """Ids of the rules that masks cannot hold."""
        found = [
            self.rules.rules[expression.rule].id for role in self.masks for expression in role.expressions
        ]
        return tuple(dict.fromkeys(found))

    @property
    def follows(self) -> bool:
        """Whether some accounts go where their ultimate parent goes."""
        return any(rule.action is Action.FOLLOW for rule in self.rules.rules)


def compiled(rules: RuleSet, owners: Owners, holders: Mapping[str, str], cap: int, as_of: date) -> Compiled:
    """`rules` are those of the day. Raises AssignError where they use a field, list or pod that there is not."""
    roles = tuple(sorted(rules.roles))
    asked, ending = gated(plain_rules(rules), holders), timed(rules, holders)
    classes = classes_of((rule.when for rule in asked.rules), asked.fields, asked.lists)
    masks = tuple(masks_of(role, asked.rules, classes, cap) for role in roles)
    askers = tuple(masks_of(asking(rule), asked.rules, classes, cap) for rule in ending)
    teams = {name: team_of(pod, owners, rules.reps, as_of) for name, pod in sorted(rules.pods.items())}
    catalogue = Catalogue()
    turns = tuple(turns_of(found, rules, owners, teams, catalogue, as_of) for found in masks)
    present = tuple(holders.get(role) for role in roles)
    needed = needed_for((rule.when for rule in rules.rules), rules)
    return Compiled(
        rules, asked, as_of, roles, present, owners, classes, masks, ending, askers, turns, catalogue, needed
    )
