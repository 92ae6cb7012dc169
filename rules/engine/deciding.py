"""Third part of the relational plan: the first matching bit in, what it means out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rules.engine.classes import FieldClasses
from rules.engine.masks import RoleMasks
from rules.engine.matching import matched
from rules.language.ruleset import Rule


def decided(classes: Mapping[str, FieldClasses], masks: Sequence[RoleMasks], rules: Sequence[Rule]) -> str:
    """The query of all outcomes over `classed`: id, issues, and per role r `outcome_r`, `owner_r`, `pod_r`.

    `owner_r` is null where nobody is given, or where `pod_r` says that the pod is still to share it out.
    """
    roles = range(len(masks))
    outputs = ", ".join(_outcome(role) for role in roles)
    joins = " ".join(_turn(role) for role in roles)
    return f"SELECT matched.id AS id, issues, {outputs} FROM ({matched(classes, masks, rules)}) AS matched {joins}"


def _turn(role: int) -> str:
    """The present owner, the turn that the bit means, and whether the present owner is in its pod."""
    return (
        f"LEFT JOIN owners AS o{role} ON o{role}.id = holder_{role} "
        f"JOIN turns_{role} AS t{role} ON t{role}.bit = bit_{role} "
        f"LEFT JOIN members AS m{role} ON m{role}.pod = t{role}.pod AND m{role}.owner = o{role}.number"
    )


def _outcome(role: int) -> str:
    turn, holder = f"t{role}", f"o{role}"
    keeps = f"{turn}.kept IS NOT NULL AND coalesce({holder}.usable, FALSE)"
    stays = f"m{role}.owner IS NOT NULL"
    return (
        f"CASE WHEN {keeps} THEN {turn}.kept WHEN {stays} THEN {turn}.sticky ELSE {turn}.outcome END AS outcome_{role}, "
        f"CASE WHEN {keeps} OR {stays} THEN {holder}.number ELSE {turn}.owner END AS owner_{role}, "
        f"{turn}.pod AS pod_{role}"
    )
