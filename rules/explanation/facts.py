"""Facts of one account from its opportunities and its family, by the book, with how many records made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import fsum

from rules.evaluate import Record, evaluate
from rules.language.condition import FieldKind
from rules.language.derived import OPPORTUNITY_FIELDS, Measure, OfFamily, OfOpportunities
from rules.language.record import Value, normalise_record
from rules.language.ruleset import RuleSet
from rules.language.values.normalise import Raw


@dataclass(frozen=True, slots=True)
class Fact:
    """The value, how many records made it, and out of how many."""

    value: Value | None
    counted: int
    looked_at: int


def opportunity_record(raw: Mapping[str, Raw], rules: RuleSet) -> Record:
    """One opportunity as conditions see it; its amount is in the rule set's currency."""
    money = rules.money and replace(rules.money, fields=("amount",), currency_field="currency")
    plain = replace(
        rules, fields=OPPORTUNITY_FIELDS, derived={}, synonyms={}, missing_numbers={}, money=money
    )
    return normalise_record(raw, plain).values


def of_opportunities(derived: OfOpportunities, deals: Sequence[Record], rules: RuleSet) -> Fact:
    """The measure over the deals that meet the condition; a condition that is unknown is not met."""
    met = [deal for deal in deals if evaluate(derived.where, deal, rules.lists) is True]
    if derived.measure is Measure.ANY:
        return Fact(bool(met), len(met), len(deals))
    if derived.measure is Measure.COUNT:
        return Fact(float(len(met)), len(met), len(deals))
    known = _known(met, derived.field)
    return Fact(_as_kind(derived.kind, _measured(derived.measure, known)), len(met), len(deals))


def of_family(derived: OfFamily, members: Sequence[Record], root: Record) -> Fact:
    """The measure over everybody with the same ultimate parent, the account itself among them."""
    known = _known(members, derived.field)
    match derived.measure:
        case Measure.TOP:
            value = root.get(derived.field) if derived.field is not None else None
            return Fact(value, 1, len(members))
        case Measure.COUNT:
            return Fact(float(len(members)), len(members), len(members))
        case Measure.ANY:
            return Fact(any(value is True for value in known), sum(v is True for v in known), len(members))
    return Fact(_as_kind(derived.kind, _measured(derived.measure, known)), len(known), len(members))


def _known(records: Iterable[Record], field: str | None) -> list[Value]:
    values = (record.get(field) for record in records) if field is not None else iter(())
    return [value for value in values if value is not None]


def _measured(measure: Measure, known: Sequence[Value]) -> Value | None:
    if not known:
        return None
    match measure:
        case Measure.SUM:
            return fsum(float(value) for value in known if isinstance(value, int | float))
        case Measure.EARLIEST | Measure.LOWEST:
            return min(known, key=_order)
        case _:
            return max(known, key=_order)


def _order(value: Value) -> float | str:
    return value if isinstance(value, int | float | str) else _ordinal(value)


def _ordinal(value: Value) -> float:
    return float(value.toordinal()) if isinstance(value, date) else 0.0


def _as_kind(kind: FieldKind, value: Value | None) -> Value | None:
    if kind is FieldKind.INTEGER and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
