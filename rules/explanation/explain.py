"""Why one account goes where it goes: every rule in order, and the test at which each one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from rules.decisions import Decision, ReasonCode
from rules.derive import derive
from rules.engine.gates import FOLLOWS, expired, gated, owned
from rules.evaluate import Record, Truth, evaluate, matches
from rules.explanation.alone import alone
from rules.explanation.comparing import Comparison, fields_of, first_failure
from rules.language.record import NormalisedRecord, normalise_record
from rules.language.ruleset import Action, IfUnknown, Mode, Rule, RuleSet, holders_of
from rules.language.today import on_day
from rules.language.values.normalise import Raw
from rules.reasons import words_of
from rules.sentences import broken_sentence, following, held_sentence, sentence

__all__ = ["Around", "Comparison", "Explanation", "Tried", "explain", "explain_record", "supposed"]


@dataclass(frozen=True, slots=True)
class Around:
    """What decides about an account beside its own fields."""

    owned: frozenset[str] = frozenset()
    """Roles in which the account has an owner who is an active person."""
    has_parent: bool = False
    """Another account stands above this one."""
    broken: bool = False
    """Its parents go in a circle or too far up."""
    held_since: Mapping[str, date] = field(default_factory=dict)
    """By rule id: the first night of a hold that has not been interrupted since."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule and the account: whether it holds, and the first test that is not true with what it compared."""

    rule: Rule
    truth: Truth
    wins: bool
    """It is the first that takes the account in its role."""
    failed: str | None
    compared: tuple[Comparison, ...]
    passed_over: str | None = None
    """Why a rule whose condition holds does not take the account: nobody to keep, a hold that is over, no parent."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One account, one role: the rules in the order in which they are tried, and the one that takes it."""

    role: str
    tried: tuple[Tried, ...]
    winner: Rule | None
    truth: Truth
    """The winner's; None for a rule that takes accounts of which it does not know (`if_unknown`)."""
    decision: Decision = Decision.UNASSIGNED
    """As far as rules and the account's own owner make it: the owners that rules name are taken to be active."""
    code: ReasonCode = ReasonCode.NO_RULE
    territory: str | None = None
    """None where there is none, or where it is the ultimate parent's."""
    place: Rule | None = None
    """The rule that gives the territory: the winner, or for a hold the first one beneath that assigns."""
    reason: str = "no rule matches"
    """The sentence that is written to the CRM; of a family, what it says before the parent's own."""
    issues: tuple[str, ...] = ()
    """A sentence for each field that could not be read."""

    @property
    def is_review(self) -> bool:
        """The account waits for a person."""
        return self.decision is Decision.REVIEW

    @property
    def follows(self) -> bool:
        """Its owner and territory are those of its ultimate parent."""
        return self.code in (ReasonCode.FAMILY, ReasonCode.FAMILY_UNDECIDED)

    @property
    def in_parents_territory(self) -> bool:
        """Its territory is that of its ultimate parent, though a hold may keep another owner."""
        return self.place is not None and self.place.action is Action.FOLLOW


def explain(
    raw: Mapping[str, Raw], rules: RuleSet, as_of: date, around: Around | None = None
) -> tuple[Explanation, ...]:
    """One explanation for each role; `raw` holds the account's values as the CRM has them, by our field names.

    A derived field that `raw` gives has that value. Where nothing is said of what is around the account, it has
    no deals and no relatives, an owner that it names counts as active, and a parent that it names is above it.
    """
    today = on_day(rules, as_of)
    read = normalise_record(raw, today)
    record = NormalisedRecord(derive(alone(read.values, today, raw), today), read.issues)
    return explain_record(raw, record, today, as_of, around or supposed(record, rules))


def supposed(record: NormalisedRecord, rules: RuleSet) -> Around:
    """What an account's own fields say of its owners and its parent, taken at their word."""
    holders = holders_of(rules)
    owned = frozenset(role for role, holder in holders.items() if record.values.get(holder) is not None)
    return Around(owned, has_parent=record.values.get(rules.family.parent_field) is not None)


def explain_record(
    raw: Mapping[str, Raw], record: NormalisedRecord, rules: RuleSet, as_of: date, around: Around
) -> tuple[Explanation, ...]:
    """The same for values that are normalised already, derived fields among them, and for the rules of that day."""
    asked = gated(rules, holders_of(rules)).rules
    values = {**record.values, **_gates(rules, as_of, around)}
    views = {f: Comparison(f, raw.get(f), v, record.issues.get(f)) for f, v in record.values.items()}
    told = _Told(rules, as_of, asked, values, views, around, tuple(record.issues.values()))
    return tuple(told.role(role) for role in rules.roles)


def _gates(rules: RuleSet, as_of: date, around: Around) -> dict[str, bool]:
    gates = {owned(role): role in around.owned for role in rules.roles}
    gates[FOLLOWS] = around.has_parent or around.broken
    for rule in rules.rules:
        if rule.hold_days is not None:
            gates[expired(rule)] = _is_over(rule, as_of, around)
    return gates


def _is_over(rule: Rule, as_of: date, around: Around) -> bool:
    """The hold began so many days before the night that it has ended."""
    since = around.held_since.get(rule.id)
    return since is not None and since <= as_of - timedelta(days=rule.hold_days or 0)


@dataclass(frozen=True, slots=True)
class _Told:
    rules: RuleSet
    as_of: date
    asked: Sequence[Rule]
    values: Record
    views: Mapping[str, Comparison]
    around: Around
    issues: tuple[str, ...]

    def role(self, role: str) -> Explanation:
        """The rules of one role, and what the first one that takes the account makes of it."""
        pairs = [
            (rule, asked)
            for rule, asked in zip(self.rules.rules, self.asked, strict=False)
            if rule.role == role
        ]
        takers = [rule for rule, asked in pairs if self._takes(asked)]
        winner = takers[0] if takers else None
        tried = tuple(self._tried(rule, asked, rule is winner) for rule, asked in pairs)
        truth = next((t.truth for t in tried if t.wins), False)
        found = Explanation(role, tried, winner, truth, issues=self.issues)
        return found if winner is None else self._decided(found, winner, takers[1:])

    def _takes(self, asked: Rule) -> bool:
        return matches(evaluate(asked.when, self.values, self.rules.lists), asked.if_unknown)

    def _tried(self, rule: Rule, asked: Rule, wins: bool) -> Tried:
        truth = evaluate(rule.when, self.values, self.rules.lists)
        failed = first_failure(rule.when, self.values, self.rules.lists)
        compared = tuple(self.views[field] for field in fields_of(failed)) if failed is not None else ()
        words = words_of(failed) if failed is not None else None
        over = matches(truth, rule.if_unknown) and not self._takes(asked)
        return Tried(rule, truth, wins, words, compared, self._why_not(rule) if over else None)

    def _why_not(self, rule: Rule) -> str:
        if rule.action is Action.FOLLOW:
            return "the account has no parent"
        if _is_over(rule, self.as_of, self.around):
            since = self.around.held_since[rule.id]
            return f"the hold of at most {rule.hold_days:,} days began on {since.isoformat()} and is over"
        return "the account has no active owner who could keep it"

    def _decided(self, found: Explanation, winner: Rule, beneath: Sequence[Rule]) -> Explanation:
        code, decision, reason = self._outcome(winner, found.truth)
        place = self._place(winner, beneath, review=code is ReasonCode.UNKNOWN_FIELD)
        exceptional = winner.exception is not None and code in _GIVEN
        return replace(
            found,
            decision=decision,
            code=ReasonCode.EXCEPTION if exceptional else code,
            territory=place.territory or None if place is not None else None,
            place=place,
            reason=reason,
        )

    def _place(self, winner: Rule, beneath: Sequence[Rule], *, review: bool) -> Rule | None:
        if review:
            return winner if winner.territory else None
        return next((rule for rule in (winner, *beneath) if not rule.borrows_territory), None)

    def _outcome(self, winner: Rule, truth: Truth) -> tuple[ReasonCode, Decision, str]:
        if truth is None and winner.if_unknown is IfUnknown.REVIEW:
            code, decision = ReasonCode.UNKNOWN_FIELD, Decision.REVIEW
        elif winner.action is Action.KEEP:
            return ReasonCode.HELD, Decision.HELD, self._held(winner)
        elif winner.action is Action.FOLLOW:
            return self._followed(winner)
        elif winner.mode is Mode.ONLY_UNASSIGNED and winner.role in self.around.owned:
            code, decision = ReasonCode.ONLY_UNASSIGNED, Decision.KEPT
        elif winner.owner is None and winner.pod is None:
            code, decision = ReasonCode.NO_OWNER, Decision.UNASSIGNED
        else:
            code, decision = ReasonCode.MATCHED, Decision.ASSIGNED
        return code, decision, sentence(winner, code)

    def _held(self, winner: Rule) -> str:
        return held_sentence(winner, self.as_of, self.rules.fiscal_year_start)

    def _followed(self, winner: Rule) -> tuple[ReasonCode, Decision, str]:
        if self.around.broken:
            return ReasonCode.FAMILY_BROKEN, Decision.REVIEW, broken_sentence(winner)
        return ReasonCode.FAMILY, Decision.ASSIGNED, following(winner)


_GIVEN = frozenset({ReasonCode.MATCHED, ReasonCode.STICKY, ReasonCode.ONLY_UNASSIGNED, ReasonCode.HELD})
