"""Facts of an account that has no opportunities and no relatives: what a rule test means that says nothing of them."""

from __future__ import annotations

from collections.abc import Mapping

from rules.evaluate import Record
from rules.language.derived import Measure, OfFamily, OfOpportunities
from rules.language.record import Value
from rules.language.ruleset import RuleSet


def alone(values: Record, rules: RuleSet, given: Mapping[str, object]) -> dict[str, Value | None]:
    """The values with every fact that is not given: no deal is open, and a family is the account itself."""
    found = dict(values)
    for name, derived in rules.derived.items():
        if name in given:
            continue
        if isinstance(derived, OfOpportunities):
            found[name] = _of_none(derived.measure)
        elif isinstance(derived, OfFamily):
            found[name] = _of_itself(derived, found)
    return found


def _of_none(measure: Measure) -> Value | None:
    return {Measure.ANY: False, Measure.COUNT: 0.0}.get(measure)


def _of_itself(derived: OfFamily, values: Record) -> Value | None:
    if derived.measure is Measure.COUNT:
        return 1.0
    value = values.get(derived.field) if derived.field is not None else None
    return bool(value) if derived.measure is Measure.ANY else value
