"""Every witness is decided by the book before anybody sees it: one that does not show the fault is our error."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rules.derive import derive
from rules.evaluate import evaluate, matches
from rules.language.derived import Banded, Computed
from rules.language.record import Value, normalise_record
from rules.language.ruleset import EXCEPTIONS, Action, Rule, RuleSet
from rules.proof.account import Account
from rules.proof.codes import ProofCode
from rules.proof.encode import taking
from rules.proof.findings import Finding


class ProofError(Exception):
    """A proof and the rules disagree about an account: a fault of this program, not of the rules."""


def checked(finding: Finding, rules: RuleSet, by_id: Mapping[str, Rule]) -> Finding:
    """The finding itself; ProofError where its witness, read as a CRM's text, does not show it."""
    if finding.witness is None:
        return finding
    found = read(finding.witness, rules)
    wrong = {field for field, value in finding.witness.values.items() if found.get(field) != value}
    if wrong or not shows(finding, found, rules, by_id):
        why = f"its {', '.join(sorted(wrong))} would be read differently" if wrong else "it does not show it"
        raise ProofError(
            f"{finding.code.value} {finding.sentence}: for example {finding.witness}, but {why}; "
            "this is a fault of the program, please report it"
        )
    return finding


def read(account: Account, rules: RuleSet) -> dict[str, Value | None]:
    """What the rules read of the account's raw text, bands remembered as the account has them."""
    facts = {
        field: account.values.get(field)
        for field, derived in rules.derived.items()
        if not isinstance(derived, Banded | Computed)
    }
    plain = {field: text for field, text in account.raw.items() if field not in rules.derived}
    values = {**normalise_record(plain, rules).values, **facts}
    memory = {name: str(account.values.get(name)) for name in rules.derived}
    return {**derive(values, rules, memory), **facts}


def shows(
    finding: Finding, values: Mapping[str, Value | None], rules: RuleSet, by_id: Mapping[str, Rule]
) -> bool:
    """Whether the account of these values shows what the finding says."""

    def takes(rule: Rule) -> bool:
        return matches(evaluate(taking(rule, rules), values, rules.lists), rule.if_unknown)

    winner = next((rule for rule in rules.rules if _assigns(rule, finding.role) and takes(rule)), None)
    named = [by_id[name] for name in finding.rules]
    match finding.code:
        case ProofCode.OVERLAP | ProofCode.LISTS:
            is_free = winner is None or winner.level not in _above(named[0].level, rules.levels)
            return is_free and all(takes(rule) for rule in named)
        case ProofCode.SHADOWED:
            return takes(named[0]) and any(takes(rule) for rule in named[1:])
        case ProofCode.GAP:
            return winner is None
        case ProofCode.CATCH_ALL:
            return winner == named[0]
        case _:
            return True


def _assigns(rule: Rule, role: str) -> bool:
    return rule.role == role and rule.action is not Action.KEEP


def _above(level: str, levels: Collection[str]) -> set[str]:
    order = [EXCEPTIONS, *levels]
    return set(order[: order.index(level)]) if level in order else set()
