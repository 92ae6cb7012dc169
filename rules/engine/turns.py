"""What reaching each bit of a role's masks means, with owners and pods resolved: facts per rule, not per account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from rules.engine.errors import AssignError
from rules.engine.masks import RoleMasks, Slot
from rules.engine.outcomes import Catalogue
from rules.engine.owners import Owners, Resolved, Share
from rules.language.ruleset import Mode, Rule, RuleSet
from rules.tables import ReasonCode

TURNS = pa.schema(
    [
        pa.field("bit", pa.int32(), nullable=False),
        pa.field("outcome", pa.int32(), nullable=False),
        pa.field("owner", pa.int32()),
        pa.field("kept", pa.int32()),
        pa.field("pod", pa.int32()),
        pa.field("sticky", pa.int32()),
    ]
)
"""`kept` is the outcome where a usable owner is left alone, `sticky` where the owner is a member of the pod;
bit -1 is the account that no rule matches."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The table of one role, and who shares the accounts of each of its pods (by pod number)."""

    table: pa.Table
    pods: Mapping[int, tuple[Share, ...]]


def turns_of(masks: RoleMasks, rules: RuleSet, owners: Owners, catalogue: Catalogue) -> Turns:
    """One row per bit of the masks, and one for no match."""
    shares = {name: owners.shares(pod) for name, pod in sorted(rules.pods.items())}
    numbers = {name: number for number, name in enumerate(shares)}

    def row(bit: int, slot: Slot) -> dict[str, int | None]:
        rule = rules.rules[slot.rule]
        if slot.review:
            return {"bit": bit, "outcome": catalogue.number_of(masks.role, rule, ReasonCode.UNKNOWN_FIELD)}
        found = _final(rule, owners, shares)
        turn = {
            "bit": bit,
            "outcome": catalogue.number_of(masks.role, rule, found.code, found.detail),
            "owner": found.owner,
        }
        if rule.mode is Mode.ONLY_UNASSIGNED:
            turn["kept"] = catalogue.number_of(masks.role, rule, ReasonCode.ONLY_UNASSIGNED)
        if rule.pod is not None and shares[rule.pod]:
            turn["pod"] = numbers[rule.pod]
            turn["sticky"] = catalogue.number_of(masks.role, rule, ReasonCode.STICKY)
        return turn

    rows: list[dict[str, int | None]] = [
        {"bit": -1, "outcome": catalogue.number_of(masks.role, None, ReasonCode.NO_RULE)}
    ]
    rows += [row(bit, slot) for bit, slot in enumerate(masks.slots)]
    return Turns(pa.Table.from_pylist(rows, TURNS), {numbers[name]: found for name, found in shares.items()})


def _final(rule: Rule, owners: Owners, shares: Mapping[str, tuple[Share, ...]]) -> Resolved:
    """Who the rule gives an account to; for a pod with members, nobody yet."""
    if rule.owner is not None:
        return owners.resolve(rule.owner)
    if rule.pod is None:
        return Resolved(None, ReasonCode.NO_OWNER)
    if rule.pod not in shares:
        raise AssignError(f"{rule.source}: rule {rule.id!r} names the pod {rule.pod!r}, which does not exist")
    return Resolved(None, ReasonCode.MATCHED if shares[rule.pod] else ReasonCode.NO_ELIGIBLE_MEMBER)
