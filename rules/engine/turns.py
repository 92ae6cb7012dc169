"""What reaching each bit of a role's masks means, with owners and pods resolved: facts per rule, not per account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from rules.engine.errors import AssignError
from rules.engine.masking.masks import RoleMasks, Slot
from rules.engine.outcomes import NO_TERRITORY, OF_THE_PARENT, Catalogue
from rules.engine.pods.owners import Owners, Resolved
from rules.engine.pods.shares import Team
from rules.language.ruleset import Action, Mode, Rule, RuleSet
from rules.sentences import broken_sentence, held_sentence, sentence
from rules.tables import ReasonCode

TURNS = pa.schema(
    [
        pa.field("bit", pa.int32(), nullable=False),
        pa.field("outcome", pa.int32(), nullable=False),
        pa.field("owner", pa.int32()),
        pa.field("kept", pa.int32()),
        pa.field("pod", pa.int32()),
        pa.field("sticky", pa.int32()),
        pa.field("territory", pa.int32()),
    ]
)
"""`kept` is the outcome where a usable owner is left alone, `sticky` where the owner is a member of the pod;
`territory` is null where it is that of the next bit whose rule has one. Bit -1 is the account that no rule
matches."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of one role."""

    role: str
    table: pa.Table
    teams: Mapping[int, Team]
    """By pod number."""
    full: Mapping[int, int]
    """Outcome of an account that waits for a pod, to the one it has where the pod has no room."""
    follows: Mapping[int, Rule]
    """Outcome of an account that follows and has no ultimate parent, to the rule: all others get another one."""
    borrows: tuple[bool, ...]
    """Per bit, whether the territory is that of a later one."""


def turns_of(
    masks: RoleMasks,
    rules: RuleSet,
    owners: Owners,
    teams: Mapping[str, Team],
    catalogue: Catalogue,
    as_of: date,
) -> Turns:
    """One row per bit of the masks, and one for no match."""
    made = _Turns(masks.role, rules, owners, teams, catalogue, as_of)
    none: Row = {"bit": -1, "outcome": catalogue.nothing(masks.role), "territory": NO_TERRITORY}
    rows = [none, *({"bit": bit, **made.row(slot)} for bit, slot in enumerate(masks.slots))]
    return Turns(
        masks.role,
        pa.Table.from_pylist(rows, TURNS),
        dict(enumerate(teams.values())),
        made.full,
        made.follows,
        tuple(rules.rules[slot.rule].borrows_territory for slot in masks.slots),
    )


Row = dict[str, int | None]


@dataclass
class _Turns:
    role: str
    rules: RuleSet
    owners: Owners
    teams: Mapping[str, Team]
    catalogue: Catalogue
    as_of: date
    full: dict[int, int] = field(default_factory=dict)
    follows: dict[int, Rule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pods = {name: number for number, name in enumerate(self.teams)}

    def row(self, slot: Slot) -> Row:
        """What becomes of an account at this bit."""
        rule = self.rules.rules[slot.rule]
        place = None if rule.borrows_territory else self.catalogue.territory(rule.territory)
        if slot.review:
            return {
                "outcome": self.number(rule, ReasonCode.UNKNOWN_FIELD),
                "territory": place or NO_TERRITORY,
            }
        match rule.action:
            case Action.KEEP:
                return self.kept(rule)
            case Action.FOLLOW:
                return self.followed(rule)
            case Action.ASSIGN:
                return {**self.assigned(rule), "territory": place}

    def kept(self, rule: Rule) -> Row:
        """Only accounts with a usable owner come here."""
        reason = held_sentence(rule, self.as_of, self.rules.fiscal_year_start)
        held = self.catalogue.outcome(self.role, rule, ReasonCode.HELD, reason)
        return {"outcome": held, "kept": held}

    def followed(self, rule: Rule) -> Row:
        """Whoever is not found a parent later keeps this outcome."""
        broken = self.catalogue.outcome(self.role, rule, ReasonCode.FAMILY_BROKEN, broken_sentence(rule))
        self.follows[broken] = rule
        stays = broken if rule.mode is Mode.ONLY_UNASSIGNED else None
        return {"outcome": broken, "kept": stays, "territory": OF_THE_PARENT}

    def assigned(self, rule: Rule) -> Row:
        """To an owner, to a pod, or to nobody."""
        found = self.final(rule)
        outcome = self.number(rule, found.code, found.detail)
        row: Row = {"outcome": outcome, "owner": found.owner}
        if rule.mode is Mode.ONLY_UNASSIGNED:
            row["kept"] = self.number(rule, ReasonCode.ONLY_UNASSIGNED)
        if rule.pod is not None and self.teams[rule.pod].shares:
            row["pod"] = self.pods[rule.pod]
            row["sticky"] = self.number(rule, ReasonCode.STICKY)
            if self.teams[rule.pod].takes:
                self.full[outcome] = self.number(rule, ReasonCode.POD_FULL, _full(rule.pod))
        return row

    def number(self, rule: Rule, code: ReasonCode, detail: str = "") -> int:
        """The number of the outcome."""
        return self.catalogue.outcome(self.role, rule, code, sentence(rule, code, detail))

    def final(self, rule: Rule) -> Resolved:
        """Who the rule gives an account to; for a pod with room, nobody yet."""
        if rule.owner is not None:
            return self.owners.resolve(rule.owner)
        if rule.pod is None:
            return Resolved(None, ReasonCode.NO_OWNER)
        if rule.pod not in self.teams:
            raise AssignError(
                f"{rule.source}: rule {rule.id!r} names the pod {rule.pod!r}, which does not exist"
            )
        team = self.teams[rule.pod]
        if team.takes:
            return Resolved(None, ReasonCode.MATCHED)
        return Resolved(None, ReasonCode.NO_ELIGIBLE_MEMBER, _nobody(rule.pod, team.waits))


def _nobody(pod: str, waits: Sequence[str]) -> str:
    if not waits:
        return f"no member of pod {pod} is an active person in the CRM"
    return f"nobody in pod {pod} can take an account: {', '.join(waits)}"


def _full(pod: str) -> str:
    return f"everybody in pod {pod} who is there has as many accounts as the cap allows"
