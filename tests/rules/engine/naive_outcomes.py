"""What becomes of every account, by the book and one at a time: holds, families, exceptions, people.

Who in a pod gets an account is the engine's choice; the book says who may, and who must not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any as Anything

from rules.evaluate import Truth, evaluate
from rules.language.people import Rep
from rules.language.record import normalise_record
from rules.language.ruleset import Action, IfUnknown, Mode, Rule, RuleSet
from rules.language.today import on_day
from rules.tables import Decision, ReasonCode
from tests.rules.engine.worlds import Row

Key = tuple[str, str]
Since = Mapping[tuple[str, str], date]
"""First night by account and rule id."""


@dataclass(frozen=True)
class Answer:
    """One row of the assignments, but for its sentences."""

    decision: str
    code: str
    rule_id: str | None
    territory: str | None
    owner: str | None


@dataclass
class Book:
    """A day, with everything that decides on it; `found` has the engine's own choice of owner by account and role."""

    rules: RuleSet
    accounts: Sequence[Row]
    owners: Sequence[Row]
    holders: Mapping[str, str]
    as_of: date
    memory: Since
    found: Mapping[Key, str | None]
    new: Counter[Key] = field(default_factory=Counter)
    """New accounts of pods by owner and role; with the families that come along."""
    carried: Counter[Key] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.today = on_day(self.rules, self.as_of)
        self.living = {a["id"]: a for a in self.accounts if not a.get("deleted")}
        self.values = {id: normalise_record({**a}, self.today).values for id, a in self.living.items()}
        self.left = {
            o["id"] for o in self.owners if (rep := self.rep(o)) is not None and rep.has_left(self.as_of)
        }
        self.usable = {
            o["id"]
            for o in self.owners
            if o["active"] and o["person"] and not o["deleted"] and o["id"] not in self.left
        }

    def rep(self, owner: Row) -> Rep | None:
        """What the rules say of the person."""
        return self.rules.reps.get((owner["email"] or "").strip().casefold())

    def answers(self) -> dict[Key, Answer]:
        """What is right for every account and role."""
        return {(id, role): self.answer(id, role) for role in self.today.roles for id in self.living}

    def answer(self, id: str, role: str) -> Answer:
        """The outcome of the first rule that takes the account."""
        taken = self.first(id, role)
        if taken is None:
            return Answer("unassigned", "no_rule", None, None, None)
        rule, truth = taken
        place = self.territory(id, rule)
        if truth is None and rule.if_unknown is IfUnknown.REVIEW:
            return Answer("review", "unknown_field", rule.id, rule.territory or None, None)
        given = self.given(id, rule)
        if rule.exception and given[1] in ("matched", "sticky", "only_unassigned", "held"):
            return Answer(given[0], "exception", rule.id, place, given[2])
        return Answer(given[0], given[1], rule.id, place, given[2])

    def first(self, id: str, role: str, beneath: bool = False) -> tuple[Rule, Truth] | None:
        """The rule that takes the account and its truth; `beneath` looks only at those with a territory."""
        for rule in self.today.rules:
            if rule.role == role and not (beneath and rule.borrows_territory) and self.asks(id, rule):
                truth = evaluate(rule.when, self.values[id], self.today.lists)
                if truth is True or (truth is None and rule.if_unknown is not IfUnknown.SKIP):
                    return rule, truth
        return None

    def asks(self, id: str, rule: Rule) -> bool:
        """Whether the rule can take the account at all, whatever its condition."""
        if rule.action is Action.FOLLOW:
            root, broken = self.root(id)
            return broken or root != id
        if rule.action is Action.KEEP:
            since = self.memory.get((id, rule.id))
            over = rule.hold_days is not None and since is not None
            if over and since <= self.as_of - timedelta(days=rule.hold_days):  # type: ignore[operator, arg-type]
                return False
            return self.holder(id, rule.role) is not None
        return True

    def root(self, id: str) -> tuple[str, bool]:
        """The ultimate parent, and whether the parents lead nowhere."""
        here, levels = id, 0
        most = self.today.family.most_levels
        while (above := self.living[here].get("parent_id")) in self.living and levels <= most:
            here, levels = above, levels + 1
        return (id, True) if levels > most else (here, False)

    def holder(self, id: str, role: str) -> str | None:
        """The present owner, if that is somebody who can own."""
        owner = self.living[id].get(self.holders.get(role, ""))
        return owner if owner in self.usable else None

    def territory(self, id: str, rule: Rule) -> str | None:
        """That of the rule, of the next one that has one, or of the ultimate parent."""
        if rule.borrows_territory:
            taken = self.first(id, rule.role, beneath=True)
            return None if taken is None else self.territory(id, taken[0])
        if rule.action is Action.FOLLOW:
            root, broken = self.root(id)
            return None if broken else self.answer(root, rule.role).territory
        return rule.territory

    def given(self, id: str, rule: Rule) -> tuple[str, str, str | None]:
        """Decision, code and owner."""
        holder = self.holder(id, rule.role)
        if rule.action is Action.KEEP:
            return "held", "held", holder
        if rule.action is Action.FOLLOW:
            return self.followed(id, rule, holder)
        if rule.mode is Mode.ONLY_UNASSIGNED and holder is not None:
            return "kept", "only_unassigned", holder
        if rule.owner is not None:
            return self.named_owner(rule.owner)
        return ("unassigned", "no_owner", None) if rule.pod is None else self.shared(id, rule, holder)

    def followed(self, id: str, rule: Rule, holder: str | None) -> tuple[str, str, str | None]:
        root, broken = self.root(id)
        if broken:
            return "review", "family_broken", None
        parent = self.answer(root, rule.role)
        if parent.decision in (Decision.UNASSIGNED, Decision.REVIEW):
            return parent.decision, "family_undecided", None
        if rule.mode is Mode.ONLY_UNASSIGNED and holder is not None:
            return "kept", "only_unassigned", holder
        return "assigned", "family", parent.owner

    def shared(self, id: str, rule: Rule, holder: str | None) -> tuple[str, str, str | None]:
        """The engine's choice where it may choose so, and something absurd where it may not."""
        pod = self.today.pods[str(rule.pod)]
        members = {
            owner
            for m in pod.members
            if m.capacity > 0
            for owner in [self.named_owner(m.email)[2]]
            if owner is not None
        }
        if holder in members:
            return "assigned", "sticky", holder
        takers = {owner for owner in members if self.takes(owner)}
        if not takers:
            return "unassigned", "no_eligible_member", None
        choice = self.found.get((id, rule.role))
        if choice is None and all(self.cap(owner) is not None for owner in takers):
            return "unassigned", "pod_full", None
        return "assigned", "matched", choice if choice in takers else f"one of {sorted(takers)}"

    def takes(self, owner: str) -> bool:
        """Whether new accounts may come to somebody, but for the cap."""
        rep = self.rep(next(o for o in self.owners if o["id"] == owner))
        return rep is None or (not rep.is_away(self.as_of) and rep.share_on(self.as_of) > 0)

    def cap(self, owner: str) -> int | None:
        rep = self.rep(next(o for o in self.owners if o["id"] == owner))
        return rep.cap if rep else None

    def named_owner(self, name: str) -> tuple[str, str, str | None]:
        """Who a rule names by id or email."""
        email = name.strip().casefold()
        named = {
            o["id"] for o in self.owners if o["id"] == name or (o["email"] or "").strip().casefold() == email
        }
        if len(named & self.usable) == 1:
            return "assigned", "matched", *(named & self.usable)
        inactive = named and not named & self.usable
        code = ReasonCode.OWNER_INACTIVE if inactive else ReasonCode.OWNER_UNKNOWN
        return "unassigned", code, None

    def remembered(self) -> dict[tuple[str, str], date]:
        """What the next night must know of holds."""
        kept = {}
        for rule in self.today.rules:
            if rule.hold_days is not None and rule.role in self.holders:
                for id, values in self.values.items():
                    truth = evaluate(rule.when, values, self.today.lists)
                    if truth is True or (truth is None and rule.if_unknown is IfUnknown.MATCH):
                        kept[id, rule.id] = min(self.memory.get((id, rule.id), self.as_of), self.as_of)
        return kept


def answer_of(row: Mapping[str, Anything]) -> Answer:
    """The same of a row that the engine wrote."""
    return Answer(row["decision"], row["reason_code"], row["rule_id"], row["territory"], row["owner_id"])
