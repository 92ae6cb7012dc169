"""What an edit of the rules changes in meaning: per rule an account that comes out otherwise, or a proof of none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum

from rules.language.place import Source
from rules.language.ruleset import Action, IfUnknown, Rule, RuleSet
from rules.language.today import on_day
from rules.proof.account import Account
from rules.proof.check import Decided, ProofError, read
from rules.proof.circuit import FALSE, TRUE, Literal
from rules.proof.overlap import target, where
from rules.proof.solver import Impossible, Undecided
from rules.proof.union import Union, united
from rules.proof.world import World


class Edit(StrEnum):
    """What was done to a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    """It, or a list or derived field that it uses."""
    MOVED = "moved"
    """It stands at another place among the same rules."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One edited rule; without a witness no account comes out otherwise, as is proved if `is_decided`."""

    rule: str
    edit: Edit
    source: Source
    """Where it stands now, or stood."""
    role: str
    witness: Account | None
    before: str
    """What became of the witness: "us.east, pod boston by rule boston"."""
    after: str
    is_decided: bool = True

    def __str__(self) -> str:
        head = f"{self.source}: {self.edit} {self.rule}"
        if self.witness is not None:
            return f"{head}: for example {self.witness}\n    was {self.before}\n    now {self.after}"
        return (
            f"{head}: no account comes out otherwise"
            if self.is_decided
            else f"{head}: could not be worked out"
        )


@dataclass(frozen=True, slots=True)
class Differences:
    """Every edited rule, in order of the rules now, removed ones last; `settings` says what else was edited."""

    rules: tuple[Difference, ...]
    settings: tuple[str, ...]
    """How values are read differs: the proofs are about accounts as the later rules read them."""

    @property
    def is_proved_equal(self) -> bool:
        """No account of any values comes out otherwise."""
        return not self.settings and all(d.is_decided and d.witness is None for d in self.rules)


def differences(before: RuleSet, after: RuleSet, as_of: date) -> Differences:
    """What differs on the day; territory, owner, pod and holds are compared, not which rule says so.

    Each witness is decided by both rule sets, by the book. Raises AssignError where a condition uses a field or
    list that is not declared.
    """
    both = united(on_day(before, as_of), on_day(after, as_of))
    edits = dict(_edits(both))
    if not edits:
        return Differences((), both.settings)
    with World(replace(both.rules, rules=both.before + both.after)) as world:
        sides = _Sides(world, both)
        found = tuple(sides.difference(id, edit) for id, edit in edits.items())
    return Differences(found, both.settings)


def _edits(both: Union) -> Iterator[tuple[str, Edit]]:
    old = {rule.id: rule for rule in both.before}
    new = {rule.id: rule for rule in both.after}
    moved = _moved([id for id in old if id in new], [id for id in new if id in old])
    for id, rule in new.items():
        if id not in old:
            yield id, Edit.ADDED
        elif _meaning(rule) != _meaning(old[id]):
            yield id, Edit.CHANGED
        elif id in moved:
            yield id, Edit.MOVED
    yield from ((id, Edit.REMOVED) for id in old if id not in new)


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    if before == after:
        return set()
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(after) - {id for block in blocks for id in after[block.b : block.b + block.size]}


def _meaning(rule: Rule) -> Rule:
    return replace(rule, source=Source("", 0, 0), description="", exception=None, over=())


class _Sides:
    """The outcomes of one account before and after, as literals."""

    def __init__(self, world: World, both: Union) -> None:
        self._world, self._both = world, both
        takes = world.takes
        self._before = {rule.id: takes[n] for n, rule in enumerate(both.before)}
        self._after = {rule.id: takes[len(both.before) + n] for n, rule in enumerate(both.after)}
        self._won_before = self._won(both.before, self._before)
        self._won_after = self._won(both.after, self._after)
        self._differs = {role: self._differing(role) for role in both.rules.roles}

    def difference(self, id: str, edit: Edit) -> Difference:
        """An account that the rule decides, before or after, and that comes out otherwise."""
        numbers = {rule.id: n for n, rule in enumerate((*self._both.before, *self._both.after))}
        rule = (*self._both.before, *self._both.after)[numbers[id]]
        decides = self._world.encoding.circuit.either(
            side[id] for side in (self._won_before, self._won_after) if id in side
        )
        answer = self._world.show([decides, self._differs[rule.role]], [numbers[id]])
        if isinstance(answer, Impossible | Undecided):
            return Difference(id, edit, rule.source, rule.role, None, "", "", isinstance(answer, Impossible))
        was = self._outcome(answer, self._both.before, rule.role)
        now = self._outcome(answer, self._both.after, rule.role)
        if was[0] == now[0]:
            raise ProofError(
                f"rule {id}: {answer} was to come out otherwise and does not; "
                "this is a fault of the program, please report it"
            )
        return Difference(id, edit, rule.source, rule.role, answer, was[1], now[1])

    def _won(self, rules: Sequence[Rule], takes: Mapping[str, Literal]) -> dict[str, Literal]:
        """That each rule decides: no earlier one that hides it takes the account."""
        both = self._world.encoding.circuit.both
        won: dict[str, Literal] = {}
        for role in self._both.rules.roles:
            assigns = keeps = TRUE
            for rule in (rule for rule in rules if rule.role == role):
                is_keep = rule.action is Action.KEEP
                won[rule.id] = both((takes[rule.id], keeps if is_keep else assigns))
                if not is_keep or rule.hold_days is None:
                    keeps = both((keeps, -takes[rule.id]))
                if not is_keep:
                    assigns = both((assigns, -takes[rule.id]))
        return won

    def _differing(self, role: str) -> Literal:
        """The account goes elsewhere, or is held by one side only."""
        circuit = self._world.encoding.circuit
        one = self._goes(role, self._both.before, self._won_before)
        other = self._goes(role, self._both.after, self._won_after)
        apart = []
        for aim in dict.fromkeys([*one, *other]):
            was, now = one.get(aim, FALSE), other.get(aim, FALSE)
            apart += [circuit.both((was, -now)), circuit.both((-was, now))]
        return circuit.either(apart)

    def _goes(self, role: str, rules: Sequence[Rule], won: Mapping[str, Literal]) -> dict[object, Literal]:
        """For each place where accounts can go that this one goes there."""
        encoding = self._world.encoding
        ways: dict[object, list[Literal]] = {}
        for rule in (rule for rule in rules if rule.role == role):
            reached = won[rule.id]
            if rule.if_unknown is IfUnknown.REVIEW:
                true = encoding.truths(rule.when)[0]
                ways.setdefault(REVIEW, []).append(encoding.circuit.both((reached, -true)))
                reached = encoding.circuit.both((reached, true))
            ways.setdefault(_aim(rule), []).append(reached)
        return {aim: encoding.circuit.either(found) for aim, found in ways.items()}

    def _outcome(self, account: Account, rules: Sequence[Rule], role: str) -> tuple[frozenset[object], str]:
        """Where the account goes by the book, and in words."""
        own = replace(self._both.rules, rules=tuple(rules))
        decided = Decided(own, [read(account, own)])
        aims, words = [], []
        is_held = False
        for rule in (rule for rule in rules if rule.role == role and decided.takes[rule.id]):
            if rule.action is Action.KEEP and is_held:
                continue
            is_review = not decided.truth(rule.when)[0] and rule.if_unknown is IfUnknown.REVIEW
            aims.append(REVIEW if is_review else _aim(rule))
            words.append(f"{REVIEW if is_review else where(rule)} by rule {rule.id}")
            if rule.action is not Action.KEEP:
                break
            is_held = rule.hold_days is None
        return frozenset(aims), "; ".join(words) or "nobody's"


REVIEW = "under review"


def _aim(rule: Rule) -> object:
    """What an account's outcome is by the rule, however the rule is called."""
    return (*target(rule), rule.mode, rule.hold_days)
