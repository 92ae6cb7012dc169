"""What accounts, their opportunities and their families come to, one record at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any as Anything
from zoneinfo import ZoneInfo

from rules.derive import derive
from rules.evaluate import evaluate
from rules.language.derived import OPPORTUNITY_FIELDS, Measure, OfFamily, OfOpportunities
from rules.language.record import Value, exchanged, normalise_record
from rules.language.ruleset import RuleSet
from rules.language.values.folding import is_missing
from rules.language.values.normalise import normalise
from tests.rules.engine.worlds import Row

Record = dict[str, Value | None]


def records(
    rules: RuleSet, accounts: Sequence[Row], deals: Sequence[Row], memory: Mapping[tuple[str, str], str]
) -> dict[str, Record]:
    """Every field of every account that is not deleted, by id."""
    living = [row for row in accounts if not row.get("deleted")]
    found = {row["id"]: dict(normalise_record({**row}, rules).values) for row in living}
    for name, fact in rules.derived.items():
        if isinstance(fact, OfOpportunities):
            for id, record in found.items():
                record[name] = of_deals(fact, rules, [deal for deal in deals if deal["account_id"] == id])
    roots = families(rules, living)
    # All at once, from values that no family fact has changed.
    facts = {
        (id, name): of_family(fact, id, roots, found)
        for id in found
        for name, fact in rules.derived.items()
        if isinstance(fact, OfFamily)
    }
    for (id, name), value in facts.items():
        found[id][name] = value
    return {
        id: derive(record, rules, {name: memory.get((id, name)) for name in rules.derived})
        for id, record in found.items()
    }


def of_deals(fact: OfOpportunities, rules: RuleSet, deals: Sequence[Row]) -> Value | None:
    """The measure of the deals that meet the condition."""
    known = [deal_record(deal, rules) for deal in deals if not deal["deleted"]]
    met = [deal for deal in known if evaluate(fact.where, deal, rules.lists) is True]
    if fact.measure is Measure.ANY:
        return bool(met)
    if fact.measure is Measure.COUNT:
        return len(met)
    return measured(fact.measure, [deal[str(fact.field)] for deal in met])


def deal_record(deal: Row, rules: RuleSet) -> Record:
    """An opportunity as conditions see it."""
    zone, missing = ZoneInfo(rules.timezone), rules.missing_values
    found: Record = {
        field: normalise(kind, deal.get(field), None, missing, zone).value
        for field, kind in OPPORTUNITY_FIELDS.items()
    }
    if rules.money and isinstance(amount := found["amount"], float):
        found["amount"] = exchanged(rules.money, amount, deal["currency"], missing).value
    return found


def of_family(
    fact: OfFamily, id: str, roots: Mapping[str, str | None], found: Mapping[str, Record]
) -> Value | None:
    """The measure over everybody with the same root; nothing for whom no root can be told."""
    root = roots[id]
    if root is None:
        return None
    members = [found[other] for other, above in roots.items() if above == root]
    if fact.measure is Measure.TOP:
        return found[root][str(fact.field)]
    if fact.field is None:
        return len(members)
    values = [member[fact.field] for member in members]
    if fact.measure is Measure.ANY:
        return any(values)
    if fact.measure is Measure.COUNT:
        return sum(value is not None for value in values)
    return measured(fact.measure, values)


def families(rules: RuleSet, accounts: Sequence[Row]) -> dict[str, str | None]:
    """The ultimate parent of every account by walking; None in circles and chains that are too long."""
    field, most = rules.family.parent_field, rules.family.most_levels
    parents = {
        row["id"]: None if is_missing(row.get(field), rules.missing_values) else row[field]
        for row in accounts
    }
    return {id: _root(id, parents, most) for id in parents}


def _root(id: str, parents: Mapping[str, str | None], most: int) -> str | None:
    for _ in range(most + 1):
        above = parents[id]
        if above is None or above not in parents:
            return id
        id = above
    return None


def measured(measure: Measure, values: Sequence[Anything]) -> Value | None:
    """Of the known values; sums are made in ascending order."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    choose: dict[Measure, Callable[[list[Anything]], Anything]] = {
        Measure.SUM: total,
        Measure.EARLIEST: min,
        Measure.LOWEST: min,
        Measure.LATEST: max,
        Measure.HIGHEST: max,
    }
    found: Value | None = choose[measure](known)
    return found


def total(values: Sequence[Anything]) -> float | None:
    """One plain addition after the other: Python's own `sum` corrects itself on the way."""
    found = 0.0
    for value in sorted(float(value) for value in values):
        found += value
    return found if math.isfinite(found) else None
