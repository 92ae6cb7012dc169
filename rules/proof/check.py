"""Every witness is decided by the book before anybody sees it: one that does not show the fault is our error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rules.derive import derive
from rules.evaluate import test
from rules.language.condition import All, Any, Condition, Not
from rules.language.derived import Banded, Computed
from rules.language.record import Value, normalise_record
from rules.language.ruleset import EXCEPTIONS, Action, IfUnknown, Rule, RuleSet
from rules.proof.account import Account
from rules.proof.codes import ProofCode
from rules.proof.encode import taking
from rules.proof.findings import Finding

Record = Mapping[str, Value | None]


class ProofError(Exception):
    """A proof and the rules disagree about an account: a fault of this program, not of the rules."""


def checked(findings: Sequence[Finding], rules: RuleSet) -> Iterator[Finding]:
    """The findings with who wins their witnesses; ProofError where one, read as a CRM's text, does not show it."""
    seen = [finding for finding in findings if finding.witness is not None]
    records = [read(finding.witness, rules) for finding in seen if finding.witness is not None]
    decided = Decided(rules, records)
    yield from (finding for finding in findings if finding.witness is None)
    for number, (finding, record) in enumerate(zip(seen, records, strict=True)):
        assert finding.witness is not None
        wrong = [field for field, value in finding.witness.values.items() if record.get(field) != value]
        if wrong or not _shows(finding, decided, number):
            why = f"its {', '.join(wrong)} would be read differently" if wrong else "it does not show it"
            raise ProofError(
                f"{finding.code.value} {finding.sentence}: for example {finding.witness}, but {why}; "
                "this is a fault of the program, please report it"
            )
        winner = decided.winner(number, finding.role)
        yield replace(finding, winner=None if winner is None else winner.id)


def read(account: Account, rules: RuleSet) -> dict[str, Value | None]:
    """What the rules read of the account's raw text; bands are remembered and other facts are as the account has them."""
    facts = {
        field: account.values.get(field)
        for field, derived in rules.derived.items()
        if not isinstance(derived, Banded | Computed)
    }
    plain = {field: text for field, text in account.raw.items() if field not in rules.derived}
    values = {**normalise_record(plain, rules).values, **facts}
    memory = {name: str(account.values.get(name)) for name in rules.derived}
    return {**derive(values, rules, memory), **facts}


class Decided:
    """What every rule does with some accounts, by the book; a set of accounts has bit n for account n."""

    def __init__(self, rules: RuleSet, records: Sequence[Record]) -> None:
        self._rules, self._records = rules, records
        self._everybody = (1 << len(records)) - 1
        self._tests: dict[Condition, tuple[int, int]] = {}
        self._held: dict[str, dict[Value | None, int]] = {}
        self.takes = {rule.id: self._taken(rule) for rule in rules.rules}

    def winner(self, number: int, role: str) -> Rule | None:
        """The first rule that takes the account in the role; a hold takes none, as what is beneath shines through."""
        for rule in self._rules.rules:
            if self.takes[rule.id] >> number & 1 and rule.role == role and rule.action is not Action.KEEP:
                return rule
        return None

    def above(self, rule_id: str) -> set[str]:
        """The levels above the rule's."""
        level = next(rule.level for rule in self._rules.rules if rule.id == rule_id)
        order = [EXCEPTIONS, *self._rules.levels]
        return set(order[: order.index(level)]) if level in order else set()

    def _taken(self, rule: Rule) -> int:
        true, possible = self.truth(taking(rule, self._rules))
        return true if rule.if_unknown is IfUnknown.SKIP else possible

    def truth(self, condition: Condition) -> tuple[int, int]:
        """Accounts for which the condition is true, and those for which it is true or unknown."""
        match condition:
            case All(parts):
                return self._every(self.truth(part) for part in parts)
            case Any(parts):
                return self._negated(self._every(self._negated(self.truth(part)) for part in parts))
            case Not(part):
                return self._negated(self.truth(part))
            case _:
                if condition not in self._tests:
                    self._tests[condition] = self._tested(condition)
                return self._tests[condition]

    def _every(self, parts: Iterable[tuple[int, int]]) -> tuple[int, int]:
        true = possible = self._everybody
        for part_true, part_possible in parts:
            true, possible = true & part_true, possible & part_possible
        return true, possible

    def _negated(self, found: tuple[int, int]) -> tuple[int, int]:
        true, possible = found
        return self._everybody & ~possible, self._everybody & ~true

    def _tested(self, leaf: Condition) -> tuple[int, int]:
        assert not isinstance(leaf, All | Any | Not)
        true = missing = 0
        for value, accounts in self._holding(leaf.field).items():
            answer = test(leaf, value, self._rules.lists)
            if answer is None:
                missing |= accounts
            elif answer:
                true |= accounts
        return true, true | missing

    def _holding(self, field: str) -> dict[Value | None, int]:
        """The accounts with each value of a field."""
        if field in self._held:
            return self._held[field]
        found = self._held[field] = {}
        for number, record in enumerate(self._records):
            value = record.get(field)
            found[value] = found.get(value, 0) | 1 << number
        return found


def _shows(finding: Finding, decided: Decided, number: int) -> bool:
    """Whether the account shows what the finding says."""
    winner = decided.winner(number, finding.role)
    takes = [bool(decided.takes[name] >> number & 1) for name in finding.rules]
    match finding.code:
        case ProofCode.OVERLAP | ProofCode.LISTS:
            return all(takes) and (winner is None or winner.level not in decided.above(finding.rules[0]))
        case ProofCode.SHADOWED:
            return takes[0] and any(takes[1:])
        case ProofCode.GAP:
            return winner is None
        case ProofCode.CATCH_ALL:
            return winner is not None and winner.id == finding.rules[0]
        case _:
            return True
