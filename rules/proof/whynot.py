"""Why a rule does not win an account: the fewest fields that would have to change, or who is in the way for good.

Only what matters is encoded: the rule itself, and earlier rules once they turn out to be in the way. Each
answer is decided by the book over all rules, so that leaving rules out makes nothing wrong. The fewest fields
are found by implicit hitting sets (Davies and Bacchus, 2011): every set of fields that cannot all stay is
remembered, and the next try changes the smallest set of fields that hits each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rules.derive import derive
from rules.evaluate import evaluate, matches
from rules.language.derived import Banded, Computed
from rules.language.reading.problems import listing
from rules.language.record import Value
from rules.language.ruleset import Action, Rule, RuleSet
from rules.proof.account import readable, value_in
from rules.proof.cells import FieldCells
from rules.proof.circuit import TRUE, Literal
from rules.proof.computed import holding
from rules.proof.encode import Encoding, hides, taking
from rules.proof.ranges import range_words
from rules.proof.solver import Found, Impossible, Solver
from rules.reasons import label

Record = Mapping[str, Value | None]
MOST_TRIES = 60
FIXED = frozenset({"id"})


@dataclass(frozen=True, slots=True)
class Change:
    """One field that would have to change; `to` is a range or a value of it in words."""

    field: str
    before: Value | None
    after: Value | None
    to: str
    from_: str

    def __str__(self) -> str:
        return f"{label(self.field)} from {self.from_} to {self.to}"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer for one rule and one account.

    `changes` are the fewest that make the rule win, empty where it wins already and None where nothing does or
    it could not be worked out (`is_decided`); `blocked_by` names the earlier rules that are then in the way, and
    `because` says what beside the account's fields is. `held_by` is a hold that keeps the owner all the same.
    """

    rule: str
    changes: tuple[Change, ...] | None
    blocked_by: tuple[str, ...] = ()
    is_decided: bool = True
    because: str | None = None
    held_by: str | None = None

    def __str__(self) -> str:
        if self.changes is None:
            return f"{self.rule} cannot win: {self._reason()}"
        held = f"; {self.held_by} keeps the present owner all the same" if self.held_by else ""
        if not self.changes:
            return f"{self.rule} wins{held}"
        return f"{self.rule} would win with {', '.join(map(str, self.changes))}{held}"

    def _reason(self) -> str:
        if self.because:
            return self.because
        if not self.is_decided:
            return "it could not be worked out what would have to change"
        if self.blocked_by:
            word = "takes" if len(self.blocked_by) == 1 else "take"
            return f"{listing(self.blocked_by)} {word} every account that it could take"
        return "no account that has what may not change here meets its condition"


def why_not(rules: RuleSet, values: Record, rule_id: str, *, fixed: Collection[str] = FIXED) -> WhyNot:
    """What would make the rule win the account of these normalised values; `rules` are those of the day.

    Fields of `fixed` stay as they are. Raises KeyError for a rule that is not there on the day.
    """
    position = {rule.id: number for number, rule in enumerate(rules.rules)}[rule_id]
    target = rules.rules[position]
    before = [rule for rule in rules.rules[:position] if rule.role == target.role and hides(rule, target)]
    if _wins(rules, target, before, values) is None:
        return WhyNot(rule_id, (), held_by=_held_by(rules, position, values))
    against: list[Rule] = []
    for _ in range(MOST_TRIES):
        found = _Search(rules, target, against, values, fixed).answer()
        if not isinstance(found, _Tried):
            return found
        blocking = _wins(rules, target, before, found.values)
        if blocking is None:
            return WhyNot(rule_id, found.changes, held_by=_held_by(rules, position, found.values))
        if blocking in against or blocking is target:
            break
        against = sorted([*against, blocking], key=before.index)
    return WhyNot(rule_id, None, is_decided=False)


def _held_by(rules: RuleSet, position: int, values: Record) -> str | None:
    """The earlier hold that takes the account of these values, where the rule at the position gives an owner."""
    target = rules.rules[position]
    if target.action is Action.KEEP:
        return None
    holds = (r for r in rules.rules[:position] if r.role == target.role and r.action is Action.KEEP)
    return next((r.id for r in holds if matches(evaluate(r.when, values, rules.lists), r.if_unknown)), None)


def _wins(rules: RuleSet, target: Rule, before: Sequence[Rule], values: Record) -> Rule | None:
    """The rule that is in the way by the book: an earlier one, or the target where it does not hold."""
    for rule in (target, *before):
        takes = matches(evaluate(taking(rule, rules), values, rules.lists), rule.if_unknown)
        if takes is (rule is not target):
            return rule
    return None


@dataclass(frozen=True, slots=True)
class _Tried:
    """An account that the encoded rules give to the target, and how it differs."""

    values: Record
    changes: tuple[Change, ...]


class _Search:
    """One search with some earlier rules taken into account."""

    def __init__(
        self, rules: RuleSet, target: Rule, against: Sequence[Rule], values: Record, fixed: Collection[str]
    ) -> None:
        self._rules, self._values, self._target, self._against = rules, values, target, against
        self._encoding = Encoding(replace(rules, rules=(*against, target)))
        self._stays = {
            field: self._in_place(field, found)
            for field, found in self._encoding.fields.items()
            if not isinstance(rules.derived.get(field), Banded | Computed)
        }
        held = [literal for field, literal in self._stays.items() if field in fixed]
        takes = self._encoding.takes
        self._ways = {-takes[number]: rule.id for number, rule in enumerate(against)}
        self._hard = [takes[-1], *held]
        self._soft = {
            field: literal for field, literal in self._stays.items() if field not in fixed and literal != TRUE
        }

    def answer(self) -> _Tried | WhyNot:
        """The nearest account, or why there is none."""
        solver = Solver(self._encoding)
        try:
            return self._nearest(solver)
        finally:
            solver.close()

    def _nearest(self, solver: Solver) -> _Tried | WhyNot:
        cores: list[frozenset[str]] = []
        while True:
            changed = _smallest_hit(cores, tuple(self._soft))
            kept = {literal: field for field, literal in self._soft.items() if field not in changed}
            found = solver.ask([*self._hard, *self._ways, *kept])
            if isinstance(found, Found):
                cells = {f: v.cells(found.model) for f, v in self._encoding.variables.items()}
                return self._tried(cells, changed)
            if not isinstance(found, Impossible):
                return WhyNot(self._target.id, None, is_decided=False)
            core = frozenset(kept[literal] for literal in found.because if literal in kept)
            if not core:
                return self._impossible(solver)
            cores.append(core)

    def _impossible(self, solver: Solver) -> WhyNot:
        blocking = solver.least(list(self._ways), self._hard)
        return WhyNot(self._target.id, None, tuple(self._ways[literal] for literal in blocking))

    def _tried(self, cells: Mapping[str, tuple[int, ...]], changed: Collection[str]) -> _Tried:
        """The account with the changed fields alone, and what is derived from them worked out again."""
        after: dict[str, Value | None] = dict(self._values)
        changes = []
        for field in self._encoding.fields:
            if field in changed:
                found = self._encoding.fields[field]
                after[field] = value_in(found, cells[field])
                changes.append(self._change(field, found, cells[field], after[field]))
        bare = {
            f: v for f, v in after.items() if not isinstance(self._rules.derived.get(f), Banded | Computed)
        }
        return _Tried(derive(bare, self._rules), tuple(changes))

    def _change(self, field: str, found: FieldCells, cells: tuple[int, ...], after: Value | None) -> Change:
        before = self._values.get(field)
        kind = found.kind
        plain = "missing" if after is None else readable(kind, after)
        shown = "missing" if before is None else readable(kind, before)
        return Change(field, before, after, range_words(found, cells[0]) or plain, shown)

    def _in_place(self, field: str, found: FieldCells) -> Literal:
        """The field lies in the cell that the account's value is in."""
        value = self._values.get(field)
        variables = self._encoding.variables[field]
        if not found.is_several:
            return variables.within(holding(found, value, self._rules.lists))
        items = value if isinstance(value, tuple) else () if value is None else (value,)
        there = [holding(found, item, self._rules.lists) for item in items]
        every = range(1, len(found.cells))
        wanted = [n for n in every if any(cells >> n & 1 for cells in there)]
        return self._encoding.circuit.both(
            variables.within(1 << n) if n in wanted else -variables.within(1 << n) for n in every
        )


def _smallest_hit(cores: Sequence[frozenset[str]], fields: Sequence[str]) -> frozenset[str]:
    """The fewest fields of which each core has one, earlier fields first."""
    return next(hit for hit in _subsets(fields) if all(hit & core for core in cores))


def _subsets(fields: Sequence[str]) -> Iterator[frozenset[str]]:
    for size in range(len(fields) + 1):
        yield from map(frozenset, combinations(fields, size))
