"""The one sentence of every outcome, as the CRM's users read it: a fact of the rule, not of the account.

It is written to the CRM, so it must not change by itself from night to night: whether an owner was just given
or stays, it is the same sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rules.decisions import ReasonCode
from rules.language.condition import All, Any, Condition, IsMissing, Not
from rules.language.ruleset import Rule
from rules.reasons import MOST_VALUES, label, reason_of


def sentence(rule: Rule, code: ReasonCode, detail: str = "") -> str:
    """Why an account that the rule takes has an outcome of this code; `detail` names what stands in the way."""
    match code:
        case ReasonCode.UNKNOWN_FIELD:
            return unknown_sentence(rule)
        case ReasonCode.NO_OWNER:
            return f"{reason_of(rule)}; the rule names no owner"
        case _:
            return f"{reason_of(rule)}; {detail}" if detail else reason_of(rule)


def held_sentence(rule: Rule, as_of: date, fiscal_year_start: tuple[int, int]) -> str:
    """Of a hold: "quarter-end: every account; the owner stays until 2027-01-31"."""
    if rule.exception is not None:
        return f"{reason_of(rule)}; the owner stays"
    end = rule.active.ends_on(as_of, fiscal_year_start)
    limits = [f"until {end.isoformat()}"] if end else []
    if rule.hold_days is not None:
        limits.append(f"at most {rule.hold_days:,} {'day' if rule.hold_days == 1 else 'days'}")
    return f"{reason_of(rule)}; the owner stays {', '.join(limits)}".rstrip()


def following_sentence(rule: Rule, parents_reason: str) -> str:
    """Of a family: "family: follows its ultimate parent; boston-smb: country is US"."""
    return f"{following(rule)}; {parents_reason}"


def broken_sentence(rule: Rule) -> str:
    """Of an account whose parents lead nowhere."""
    return f"{following(rule)}, but its parents go in a circle or too far up; a person must look"


def following(rule: Rule) -> str:
    """The rule and what it does; its condition only where it has one."""
    every = isinstance(rule.when, All) and not rule.when.parts
    return f"{rule.id if every else reason_of(rule)}{':' if every else ','} follows its ultimate parent"


def unknown_sentence(rule: Rule) -> str:
    """Of a rule that asks for review where it cannot tell; names the fields that it asks for."""
    fields = askable(rule.when)
    named = [label(field) for field in fields[:MOST_VALUES]]
    if len(fields) > MOST_VALUES:
        named.append(f"{len(fields) - MOST_VALUES} more fields")
    what = f"{_either(named)} is missing" if named else "a field that it asks for is missing"
    return f"{rule.id} cannot be decided, as {what}; a person must look"


def askable(condition: Condition) -> tuple[str, ...]:
    """The fields whose absence can leave the condition unknown, each once, in order."""
    match condition:
        case All(parts) | Any(parts):
            return tuple(dict.fromkeys(field for part in parts for field in askable(part)))
        case Not(part):
            return askable(part)
        case IsMissing():
            return ()
        case test:
            return (test.field,)


def _either(named: Sequence[str]) -> str:
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"
