"""One account as rules see it: every field normalised, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rules.language.condition import Constant, FieldKind
from rules.language.fields import country_field
from rules.language.normalise import Normalised, Raw, normalise
from rules.language.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class NormalisedRecord:
    """Values by field, None where missing; `issues` has a sentence for each field that could not be read."""

    values: Mapping[str, Constant | None]
    issues: Mapping[str, str]


def normalise_record(raw: Mapping[str, Raw], rules: RuleSet) -> NormalisedRecord:
    """The account's values as the rule set's kinds, missing values and countries make them.

    Every field of the rule set has an entry; columns that it does not know are left out.
    """
    found: dict[str, Normalised] = {}
    for field, kind in rules.fields.items():
        if kind not in (FieldKind.STATE, FieldKind.POSTAL_CODE):
            found[field] = _value(raw, field, kind, None, rules)
    for field, kind in rules.fields.items():
        if field not in found:
            beside = country_field(field, rules.fields)
            country = found[beside].value if beside else None
            found[field] = _value(raw, field, kind, str(country) if country else None, rules)
    values = {field: found[field].value for field in rules.fields}
    issues = {field: f"{field} {problem}" for field in rules.fields if (problem := found[field].problem)}
    return NormalisedRecord(values, issues)


def _value(
    raw: Mapping[str, Raw], field: str, kind: FieldKind, country: str | None, rules: RuleSet
) -> Normalised:
    found = normalise(kind, raw.get(field), country, rules.missing_values, ZoneInfo(rules.timezone))
    if found.value in rules.missing_numbers.get(field, ()):
        return Normalised(None)
    return found
